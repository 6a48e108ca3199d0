// Runs the whole program of a board on MicroPython's WebAssembly build, a 32-bit VM with a board's word size, in imitated
// time and with imitated hardware, and prints its figures as lines of JSON.
// Usage: node bottle.mjs MICROPYTHON.mjs FOLDER STORY.json. FOLDER holds bottle/, lib/ and plan.json. STORY: {"tls": bytes that
// each secure connection takes, "every_ms": between moves, "pins": how many contacts move, "topic": where a value comes in,
// "until_ms": how long, "moves": or how many}.
// This build collects garbage only between calls into the VM, a board whenever it has to: each call here is short, and what
// is counted after each of them is what lives. Its heap grows by itself, so mem_free would say nothing.
import fs from "fs";
import path from "path";
import { pathToFileURL } from "url";

const [module, folder, given] = process.argv.slice(2);
const story = { topic: "", every_ms: 0, pins: 0, tls: 60 << 10, moves: Infinity, until_ms: Infinity, ...JSON.parse(given) };
const { loadMicroPython } = await import(pathToFileURL(module).href);
const say = (figures) => console.log(JSON.stringify(figures));

const copy = (FS, from, to) => {
  FS.mkdir(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), `${to}/${entry.name}`];
    if (entry.isDirectory()) copy(FS, source, target);
    else FS.writeFile(target, fs.readFileSync(source));
  }
};

const mp = await loadMicroPython({ heapsize: 4 << 20, linebuffer: true, stdout: (line) => say({ said: line }) });
copy(mp.FS, folder, "/board");
mp.runPython("import gc, sys, uos; sys.path[:] = ['/board/bottle', '/board/lib']; uos.chdir('/board')");
mp.runPython("import asyncio, errno, machine, network, os, select, socket, ssl, time, story");
const { collect, mem_alloc } = mp.globals.get("gc");
const used = () => { collect(); return mem_alloc(); };
const bottle = used();
const { begin, turn, told } = mp.globals.get("story"), { take, held } = mp.globals.get("ssl");
take(story.tls);
begin(story.every_ms, story.pins, story.topic);
const start = used() - bottle;

let worst = 0, beside = 0, now = 0, figures = { moves: 0 };
while (now < story.until_ms && figures.moves < story.moves) {
  for (let part = 0; part < 200; part++) {
    now = turn(4);
    const bytes = used() - bottle - held();
    worst = Math.max(worst, bytes);
    if (held()) beside = Math.max(beside, bytes);
  }
  figures = { bottle, start, worst, beside, now_ms: now, ...JSON.parse(told()) };
  if (process.env.PROGRESS) say(figures);
}
say(figures);
process.exit(0);

// Runs a board's program on MicroPython's WebAssembly build, a 32-bit VM with a board's word size, in imitated time and
// with imitated hardware, and prints its figures as lines of JSON.
// Usage: node board_emulator.mjs MICROPYTHON.mjs FOLDER STORY.json. FOLDER holds emulated_modules/, lib/ and plan.json. STORY: {"story": which
// module of emulated_modules/ tells it, "modules": what to load first, "tls": bytes that each secure connection takes, "every_ms":
// between moves, "pins": how many contacts move, "topic": where a value comes in, "until_ms": how long, "moves": or how many,
// "heap": bytes that the heap of program and harness has, then without growing; 0: it grows as it has to}.
// This build collects garbage only between calls into the VM, a board whenever it has to: each call here is short, and what
// is counted after each of them is what lives. Modules are loaded one by one for the same reason.
import fs from "fs";
import path from "path";
import { pathToFileURL } from "url";

const BLOCK = 16, ROOMY = 4 << 20, PAGE = 4096;
const [module, folder, given] = process.argv.slice(2);
const story = { story: "story", modules: [], topic: "", every_ms: 0, pins: 0, tls: 60 << 10, moves: Infinity, until_ms: Infinity, heap: 0, ...JSON.parse(given) };
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

// Bring up a VM with the imitated hardware; its heap cannot grow if a size is given.
const open = async (heapsize) => {
  let piece = 0, total = 0;
  const hear = (line) => {
    const [, blocks] = line.match(/max free sz: (\d+)/) ?? [];
    const [, bytes] = line.match(/^GC: total: (\d+)/) ?? [];
    if (blocks) piece = blocks * BLOCK;
    else if (bytes) total = Number(bytes);
    else if (!line.startsWith("stack: ")) say({ detail: line });
  };
  const mp = await loadMicroPython({ heapsize: heapsize || ROOMY, linebuffer: true, stdout: hear, stderr: () => {} });
  copy(mp.FS, folder, "/board");
  mp.runPython("import gc, sys, uos, micropython; sys.path[:] = ['/board/emulated_modules', '/board/lib']; uos.chdir('/board')");
  mp.runPython(`import asyncio, errno, json, machine, network, os, select, socket, ssl, time, ${story.story}`);
  const { collect, mem_alloc } = mp.globals.get("gc"), { mem_info } = mp.globals.get("micropython");
  const used = () => { collect(); return mem_alloc(); };
  const largest = () => { mem_info(); return { piece, total }; };
  if (heapsize) {
    WebAssembly.Memory.prototype.grow = () => { throw new RangeError("the heap is full"); };
    for (let size = 1 << 20; size >= PAGE; size /= 2) while (mp._module._malloc(size)); // or the heap would go on there
  }
  return { mp, used, largest };
};

const { mp, used, largest } = await open(story.heap);
const harness = used(), { total } = largest();
const { begin, turn, told } = mp.globals.get(story.story), { take, held } = mp.globals.get("ssl");
take(story.tls);
for (const name of story.modules) { mp.runPython(`import ${name}`); used(); }
begin(story.every_ms, story.pins, story.topic);
const start = used() - harness;

let worst = start, beside = 0, piece = Infinity, now = 0, figures = { harness, total, start, worst, moves: 0 };
while (now < story.until_ms && figures.moves < story.moves) {
  for (let part = 0; part < 200; part++) {
    now = turn(story.heap ? 1 : 4); // a full heap bears no garbage
    const bytes = used() - harness - held();
    worst = Math.max(worst, bytes);
    if (held()) beside = Math.max(beside, bytes);
    else if (story.heap) piece = Math.min(piece, largest().piece);
  }
  figures = { harness, total, start, worst, beside, piece, has_grown: largest().total > total, now_ms: now, ...JSON.parse(told()) };
  if (process.env.PROGRESS) say(figures);
}
say(figures);
process.exit(0);

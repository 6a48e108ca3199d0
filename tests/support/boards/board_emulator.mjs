// Runs a board's program on MicroPython's WebAssembly build, a 32-bit VM with a board's word size, in simulated time and
// with emulated hardware, and prints its figures as lines of JSON.
// Usage: node board_emulator.mjs MICROPYTHON.mjs FOLDER SCENARIO.json. FOLDER holds emulated_modules/, lib/ and plan.json.
// SCENARIO: {"scenario": the module of emulated_modules/ that runs the board, "modules": what to load first, "tls": bytes that
// each secure connection takes, "every_ms": between moves, "pins": how many contacts move, "topic": where values arrive,
// "until_ms": how long, "moves": or how many, "heap": bytes that program and harness have in a heap that cannot grow;
// 0: it grows}.
// This build collects garbage only between calls into the VM, a board whenever it needs to: so each call here is short,
// and what is counted after it is alive. Modules are loaded one by one for the same reason.
import fs from "fs";
import path from "path";
import { pathToFileURL } from "url";

const BLOCK = 16, ROOMY = 4 << 20, PAGE = 4096;
const [module, folder, given] = process.argv.slice(2);
const scenario = { scenario: "scenario", modules: [], topic: "", every_ms: 0, pins: 0, tls: 60 << 10, moves: Infinity, until_ms: Infinity, heap: 0, ...JSON.parse(given) };
const { loadMicroPython } = await import(pathToFileURL(module).href);
const print = (figures) => console.log(JSON.stringify(figures));

const copy = (FS, from, to) => {
  FS.mkdir(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), `${to}/${entry.name}`];
    if (entry.isDirectory()) copy(FS, source, target);
    else FS.writeFile(target, fs.readFileSync(source));
  }
};

// Start a VM with the emulated hardware; its heap cannot grow if a size is given.
const open = async (heapsize) => {
  let piece = 0, total = 0;
  const onLine = (line) => {
    const [, blocks] = line.match(/max free sz: (\d+)/) ?? [];
    const [, bytes] = line.match(/^GC: total: (\d+)/) ?? [];
    if (blocks) piece = blocks * BLOCK;
    else if (bytes) total = Number(bytes);
    else if (!line.startsWith("stack: ")) print({ log: line });
  };
  const mp = await loadMicroPython({ heapsize: heapsize || ROOMY, linebuffer: true, stdout: onLine, stderr: () => {} });
  copy(mp.FS, folder, "/board");
  mp.runPython("import gc, sys, uos, micropython; sys.path[:] = ['/board/emulated_modules', '/board/lib']; uos.chdir('/board')");
  mp.runPython(`import asyncio, errno, json, machine, network, os, select, socket, ssl, time, ${scenario.scenario}`);
  const { collect, mem_alloc } = mp.globals.get("gc"), { mem_info } = mp.globals.get("micropython");
  const used = () => { collect(); return mem_alloc(); };
  const largest = () => { mem_info(); return { piece, total }; };
  if (heapsize) {
    WebAssembly.Memory.prototype.grow = () => { throw new RangeError("the heap is full"); };
    for (let size = 1 << 20; size >= PAGE; size /= 2) while (mp._module._malloc(size)); // else the heap would grow into free memory of malloc
  }
  return { mp, used, largest };
};

const { mp, used, largest } = await open(scenario.heap);
const harness = used(), { total } = largest();
const { begin, turn, figures: counted } = mp.globals.get(scenario.scenario), { set_size: setSize, held } = mp.globals.get("ssl");
setSize(scenario.tls);
for (const name of scenario.modules) { mp.runPython(`import ${name}`); used(); }
begin(scenario.every_ms, scenario.pins, scenario.topic);
const start = used() - harness;

let worst = start, with_tls = 0, piece = Infinity, now = 0, figures = { harness, total, start, worst, moves: 0 };
while (now < scenario.until_ms && figures.moves < scenario.moves) {
  for (let part = 0; part < 200; part++) {
    now = turn(scenario.heap ? 1 : 4); // a full heap has no space for garbage
    const bytes = used() - harness - held();
    worst = Math.max(worst, bytes);
    if (held()) with_tls = Math.max(with_tls, bytes);
    else if (scenario.heap) piece = Math.min(piece, largest().piece);
  }
  figures = { harness, total, start, worst, with_tls, piece, has_grown: largest().total > total, now_ms: now, ...JSON.parse(counted()) };
  if (process.env.PROGRESS) print(figures);
}
print(figures);
process.exit(0);

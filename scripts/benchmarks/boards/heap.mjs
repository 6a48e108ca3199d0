// Runs the core on MicroPython's WebAssembly build, a 32-bit VM with a board's word size, and prints its heap as JSON.
// Usage: node heap.mjs MICROPYTHON.mjs FOLDER_OF_MPY PLAN.json. Garbage is collected only between runPython calls.
import fs from "fs";
import { pathToFileURL } from "url";

const [module, core, plan] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(module).href);
const mp = await loadMicroPython({ heapsize: 192 * 1024, stdout: (line) => console.log(line), linebuffer: true });
for (const folder of ["/board", "/board/pushglance", "/board/pushglance/core"]) mp.FS.mkdir(folder);
mp.FS.writeFile("/board/pushglance/__init__.py", "");
for (const name of fs.readdirSync(core)) mp.FS.writeFile("/board/pushglance/core/" + name, fs.readFileSync(core + "/" + name));
mp.FS.writeFile("/board/plan.json", fs.readFileSync(plan));

const used = (what) => {
  mp.runPython("gc.collect()");
  mp.runPython(`print('{"what": "${what}", "bytes": %d}' % (gc.mem_alloc() - before))`);
};
mp.runPython("import sys, gc; sys.path.insert(0, '/board'); gc.collect()");
mp.runPython("before = gc.mem_alloc()");
mp.runPython("from pushglance.core.decider import Decider; from pushglance.core.events import *; import json");
used("core imported");
mp.runPython("decider = Decider(json.load(open('/board/plan.json')), {}, 0)");
used("after start");
mp.runPython(`
now = 0
def live(steps):
    global now
    for step in range(steps):
        now += 20000
        decider.handle(EdgeSeen(now, 's%d' % (step % 8), step // 8 % 2))
        for order in decider.handle(TimePassed(now + 400)):
            if order.__class__.__name__ == 'PushGlance':
                decider.handle(PushFinished(now + 500, order.watch, order.push_id, DELIVERED))
`);
for (let part = 1; part <= 6; part++) {
  mp.runPython("live(2000)");
  used(`after ${part * 4000} events`);
}

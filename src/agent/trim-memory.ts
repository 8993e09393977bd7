/** An agent mostly waits: memory used by building and checking is returned to the machine after a while without requests. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { trimCode, trimHeap } from "../kernel/memory.ts";

/** Milliseconds without a request. */
const IDLE = 2000;

type Collect = (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

let collect: Collect | undefined;
let timer: NodeJS.Timeout | undefined;

/** Called with each request. */
export function trimWhenIdle(): void {
  if (timer !== undefined) {
    timer.refresh();
    return;
  }
  timer = setTimeout(() => {
    timer = undefined;
    trim();
  }, IDLE).unref();
}

/** 30 ms for a small lab. */
function trim(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as Collect;
  }
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
  // A hub also runs on other systems, where no system call can be made.
  if (process.platform !== "linux") return;
  trimHeap();
  trimCode();
}

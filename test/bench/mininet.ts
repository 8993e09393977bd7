/** Mininet on the same machine, to compare with. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { run, shared } from "./measure.ts";

const MN = "/usr/bin/mn";

/** The Python that has Mininet: the one of `mn` itself, or the first of PATH; undefined where neither has. */
function pythonOf(): string | undefined {
  const own = /^#!\s*(\S+)(?: +(\S+))?/.exec(readFileSync(MN, "utf8"));
  const candidates = [own?.[1]?.endsWith("/env") === true ? own[2] : own?.[1], "python3", "/usr/bin/python3"];
  return candidates.find((one) => one !== undefined && spawnSync(one, ["-c", "import mininet"]).status === 0);
}

export function benchMininet(pods: number): void {
  if (!existsSync(MN)) return;
  const python = pythonOf();
  if (python === undefined) return console.log("skipped: mn is installed, but no python3 here has the module mininet");
  console.log(`mininet ${pods}: ${run(python, [join(shared, "mininet_bench.py"), String(pods)]).stdout.trim()}`);
}

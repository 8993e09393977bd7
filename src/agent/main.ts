/**
 * The agent: the long-lived process of one lab. Started by a driver with the protocol on stdin and stdout; binds the
 * lab's socket when it adopts one, and from then on outlives the process that started it.
 *
 * Arguments: `--parent FOLDER` (of all labs), `--rootless` (in user, mount and network namespaces of its own),
 * `--tied` (in a container, over an exec: ends with the process that started it). In a relay's container it is not an agent:
 * `--relay-probe JSON` finds out which peers reach it by UDP, `--write-checksums DEV` makes a device write checksums.
 */
import { parseArgs } from "node:util";
import { readFileSync, stat } from "node:fs";
import { setLabId } from "../apply/spawn.ts";
import { loadSystemCalls } from "../kernel/libc.ts";
import { writeChecksums } from "../kernel/ethtool.ts";
import { adoptLab } from "./adopted-lab.ts";
import { runLabProcess } from "./lab-process.ts";
import { methodTable } from "./methods.ts";
import { mountPrivateRun } from "./private-run.ts";
import { runRelayProbe, type RelayProbeParams } from "./relay-probe.ts";
import { stateParent } from "./state-folder.ts";

function main(): void {
  const { values } = parseArgs({
    options: {
      parent: { type: "string" },
      rootless: { type: "boolean", default: false },
      tied: { type: "boolean", default: false },
      "relay-probe": { type: "string" },
      "write-checksums": { type: "string", multiple: true },
    },
  });
  if (values["relay-probe"] !== undefined) {
    runRelayProbe(JSON.parse(values["relay-probe"]) as RelayProbeParams, process.stdin, process.stdout);
    return;
  }
  if (values["write-checksums"] !== undefined) {
    for (const dev of values["write-checksums"]) writeChecksums(dev);
    return;
  }
  const parent = values.parent ?? stateParent();
  // Equivalent to node:crypto's, which takes 3 ms to load.
  const id = readFileSync("/proc/sys/kernel/random/uuid", "latin1").replaceAll("-", "").slice(0, 16);
  process.umask(0o022); // what lab processes write is ordinary; the state folder is closed by its own mode
  setLabId(id);
  if (values.rootless) mountPrivateRun(parent, id);
  // The thread pool inherits the namespace in which it is first used: let that be here, not inside of a lab.
  stat("/", () => {});
  runLabProcess("k8snet-lab agent", { adopt: adoptLab, parent, id, rootless: values.rootless }, methodTable);
  // While the client is still busy with its lab.
  setImmediate(loadSystemCalls);
  // What it has started dies with it.
  if (values.tied) process.stdin.once("close", () => process.exit(0));
}

main();

/**
 * The agent: the long-lived process of one lab. Started by a driver with the protocol on stdin and stdout; binds the
 * lab's socket when it adopts one, and from then on outlives whoever started it.
 *
 * Arguments: `--parent FOLDER` (of all labs), `--rootless` (in user, mount and network namespaces of its own),
 * `--tied` (in a container, over an exec: goes when whoever started it goes). In a relay's container it is no agent: `--reach
 * JSON` finds out who reaches it by UDP, `--write-checksums DEV` has a device write checksums.
 */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { parseArgs } from "node:util";
import { stat } from "node:fs";
import { setLabId } from "../apply/spawn.ts";
import { writeChecksums } from "../kernel/ethtool.ts";
import { adoptLab } from "./adopted-lab.ts";
import type { AdoptedLab } from "./adopted-lab.ts";
import { Connection } from "./connection.ts";
import { LabSession } from "./lab-session.ts";
import { methodTable } from "./methods.ts";
import { mountPrivateRun } from "./private-run.ts";
import { reach } from "./reach.ts";
import type { ReachParams } from "./reach.ts";
import { stateParent } from "./state-folder.ts";
import { agentVersion } from "./version.ts";

/** An agent that nobody gives a lab goes after so many milliseconds. */
const ADOPT_LIMIT = 10_000;

function main(): void {
  const { values } = parseArgs({
    options: {
      parent: { type: "string" },
      rootless: { type: "boolean", default: false },
      tied: { type: "boolean", default: false },
      reach: { type: "string" },
      "write-checksums": { type: "string", multiple: true },
    },
  });
  if (values.reach !== undefined) {
    reach(JSON.parse(values.reach) as ReachParams, process.stdin, process.stdout);
    return;
  }
  if (values["write-checksums"] !== undefined) {
    for (const dev of values["write-checksums"]) writeChecksums(dev);
    return;
  }
  const parent = values.parent ?? stateParent();
  const id = randomBytes(8).toString("hex");
  process.umask(0o022); // what lab processes write is ordinary; the state folder is closed by its own mode
  process.chdir("/");
  process.title = "k8snet-lab agent";
  process.on("SIGHUP", () => {}); // the terminal goes, the lab stays
  setLabId(id);
  if (values.rootless) mountPrivateRun(parent, id);
  // The thread pool inherits the namespace in which it is first used: let that be here, not inside of a lab.
  stat("/", () => {});

  const connections = new Set<Connection>();
  const exit = (): void => {
    // Replies of this turn first: `down` answers before we go.
    setImmediate(() => {
      const limit = new Promise((resolve) => setTimeout(resolve, 1000));
      void Promise.race([Promise.all([...connections].map((connection) => connection.flush())), limit]).then(() =>
        process.exit(0),
      );
    });
  };
  const onConnection = (socket: Socket): void => add(socket, socket);
  const session = new LabSession<AdoptedLab>({
    adopt: adoptLab,
    parent,
    id,
    rootless: values.rootless,
    version: agentVersion(),
    onConnection,
    exit,
  });
  const methods = methodTable(session);
  const add = (input: NodeJS.ReadStream | Socket, output: NodeJS.WriteStream | Socket): void => {
    connections.add(
      new Connection(input, output, methods, (connection) => {
        connections.delete(connection);
        session.connectionClosed(connection);
      }),
    );
  };
  add(process.stdin, process.stdout);
  // What it has started dies with it.
  if (values.tied) process.stdin.once("close", () => process.exit(0));
  setTimeout(() => {
    if (session.info.phase === "idle") process.exit(0);
  }, ADOPT_LIMIT).unref();
}

main();

/**
 * The hub: the long-lived process of one lab whose namespaces live in containers. It speaks the agent's protocol, as the
 * agent of a lab on this machine does, holds an exec to the agent in each container, and outlives whoever started it.
 *
 * Arguments: `--parent FOLDER` (of all labs), `--engines JSON` (EnginePlace[]; a lab may bring others).
 */
import type { Socket } from "node:net";
import { parseArgs } from "node:util";
import { Connection } from "../agent/connection.ts";
import { LabSession } from "../agent/lab-session.ts";
import { agentVersion } from "../agent/version.ts";
import type { EnginePlace } from "../engine/place.ts";
import { adoptHubLab } from "./adopt.ts";
import type { HubLab } from "./hub-lab.ts";
import { hubMethods } from "./methods.ts";

/** A hub that nobody gives a lab goes after so many milliseconds. */
const ADOPT_LIMIT = 10_000;

function main(): void {
  const { values } = parseArgs({ options: { parent: { type: "string" }, engines: { type: "string" } } });
  if (values.parent === undefined || values.engines === undefined) throw new Error("--parent and --engines are needed");
  const engines = JSON.parse(values.engines) as readonly EnginePlace[];
  process.chdir("/");
  process.title = "k8snet-lab hub";
  process.on("SIGHUP", () => {}); // the terminal goes, the lab stays
  const connections = new Set<Connection>();
  const exit = (): void => {
    setImmediate(() => {
      const limit = new Promise((resolve) => setTimeout(resolve, 1000));
      void Promise.race([Promise.all([...connections].map((connection) => connection.flush())), limit]).then(() =>
        process.exit(0),
      );
    });
  };
  const session = new LabSession<HubLab>({
    adopt: (params, options) => adoptHubLab(params, options, engines),
    parent: values.parent,
    id: "",
    rootless: false,
    version: agentVersion(),
    onConnection: (socket: Socket) => add(socket, socket),
    exit,
  });
  const methods = hubMethods(session);
  const add = (input: NodeJS.ReadStream | Socket, output: NodeJS.WriteStream | Socket): void => {
    connections.add(
      new Connection(input, output, methods, (connection) => {
        connections.delete(connection);
        session.connectionClosed(connection);
      }),
    );
  };
  add(process.stdin, process.stdout);
  setTimeout(() => {
    if (session.info.phase === "idle") process.exit(0);
  }, ADOPT_LIMIT).unref();
}

main();

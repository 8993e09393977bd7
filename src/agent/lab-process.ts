/** What agent and hub have in common as a lab's process: accepting clients, and when it ends. */
import type { Socket } from "node:net";
import { Connection, type MethodTable } from "./connection.ts";
import { LabSession, type HeldLab, type SessionOptions } from "./lab-session.ts";
import { methodsFor } from "./peer-of-socket.ts";
import { packageVersion } from "./version.ts";

/** Milliseconds for the last replies. */
const FLUSH_LIMIT = 1000;

/** `title`: in process lists. Speaks the protocol on stdin and stdout, and on the lab's socket once it has a lab. */
export function runLabProcess<L extends HeldLab>(
  title: string,
  options: Pick<SessionOptions<L>, "adopt" | "parent" | "id" | "rootless">,
  methodTable: (session: LabSession<L>) => MethodTable,
): void {
  process.chdir("/");
  process.title = title;
  process.on("SIGHUP", () => {}); // the terminal closes, the lab stays
  process.stderr.on("error", () => {}); // a full disk: its output is lost
  const connections = new Set<Connection>();
  const exit = (): void => {
    // Replies of this turn first: `down` answers before we go.
    setImmediate(() => {
      const limit = new Promise((resolve) => setTimeout(resolve, FLUSH_LIMIT));
      void Promise.race([Promise.all([...connections].map((connection) => connection.flush())), limit]).then(() =>
        process.exit(0),
      );
    });
  };
  const session = new LabSession<L>({
    ...options,
    version: packageVersion(),
    onConnection: (socket) =>
      void methodsFor(socket, methods).then(
        (allowed) => add(socket, socket, allowed),
        () => socket.destroy(), // gone in the meantime
      ),
    exit,
  });
  const methods = methodTable(session);
  const add = (
    input: NodeJS.ReadStream | Socket,
    output: NodeJS.WriteStream | Socket,
    allowed: MethodTable = methods,
  ): void => {
    connections.add(
      new Connection(input, output, allowed, (connection) => {
        connections.delete(connection);
        session.connectionClosed(connection);
      }),
    );
  };
  // Without a lab it waits as long as its client lives, however slowly that reads: its end closes our stdin.
  add(process.stdin, process.stdout);
}

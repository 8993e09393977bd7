/** The socket of a lab's agent: open to the user who started it and to root only. */
import { chmodSync, rmSync } from "node:fs";
import type { Server } from "node:net";

/** One that a dead agent left is replaced. Rejects with the error of bind(2). */
export function listenAt(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      chmodSync(path, 0o600);
      server.off("error", reject);
      resolve();
    });
  });
}

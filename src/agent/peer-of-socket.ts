/** Whose process is at the other end of a lab's socket. */
import type { Socket } from "node:net";
import { HostError } from "../errors.ts";
import type { Peer } from "../kernel/peer.ts";
import type { MethodTable } from "./connection.ts";
import { trustedUids } from "./own-folder.ts";

/** Undefined where the kernel cannot be asked. Throws SyscallError. */
export async function peerOfSocket(socket: Socket): Promise<Peer | undefined> {
  const fd = (socket as Socket & { _handle?: { readonly fd?: number } })._handle?.fd;
  if (process.platform !== "linux" || fd === undefined) return undefined;
  const { peerOf } = await import("../kernel/peer.ts");
  return peerOf(fd);
}

/** What a client may call: everything, or, if it is neither our user's nor root's, nothing. */
export async function methodsFor(socket: Socket, methods: MethodTable): Promise<MethodTable> {
  const peer = await peerOfSocket(socket);
  if (peer === undefined || trustedUids().has(peer.uid)) return methods;
  const uid = process.getuid?.() ?? 0;
  const refuse = (): never => {
    throw new HostError(
      `this lab is not uid ${peer.uid}'s: its agent accepts requests from ${uid === 0 ? "root" : `uid ${uid} and root`} only`,
      uid === 0 ? "run the command as root" : "run the command as that user, or as root",
    );
  };
  return Object.fromEntries(Object.keys(methods).map((name) => [name, refuse])) as unknown as MethodTable;
}

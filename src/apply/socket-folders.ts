/** Where the sockets of programs of the lab are: in folders of the lab for each namespace, which its programs see at the usual places. */
import { existsSync } from "node:fs";
import type { LabRuntime } from "./runtime.ts";

/** Where programs look for them (wg(8), wireguard-go; birdc(8)), by what it is called below the lab's folder. */
const PLACES = { wireguard: "/var/run/wireguard", bird: "/run/bird" } as const;

export type SocketFolder = keyof typeof PLACES;

/** Below the lab's folder. */
export const socketsFolder = (what: SocketFolder, ns: string): string => `${what}/${encodeURIComponent(ns)}`;

/** Those that a namespace has, and where its programs see them. */
export function socketFolders(
  runtime: LabRuntime,
  ns: string,
): readonly { readonly folder: string; readonly at: string }[] {
  return Object.entries(PLACES).flatMap(([what, at]) => {
    const folder = `${runtime.folder}/${socketsFolder(what as SocketFolder, ns)}`;
    return existsSync(folder) ? [{ folder, at }] : [];
  });
}

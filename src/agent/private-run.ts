/** A rootless agent's own /run: its mount namespace gets an empty one, with the user's folder of labs bound back in. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { privateMountName } from "../apply/kill-lab-processes.ts";
import { MS_BIND, mount, must } from "../kernel/libc.ts";
import { NETNS_FOLDER } from "../kernel/netns.ts";

/** Only in a mount namespace of our own. The mount's name identifies the agent that every process in there belongs to. */
export function mountPrivateRun(parent: string, id: string): void {
  const keep = parent.startsWith("/run/") ? dirname(parent) : undefined;
  const fd = keep === undefined ? undefined : openSync(keep, "r");
  must("mount", mount(privateMountName(id), "/run", "tmpfs", 0, null), "tmpfs /run");
  chmodSync("/run", 0o755);
  mkdirSync(NETNS_FOLDER);
  if (keep === undefined || fd === undefined) return;
  mkdirSync(keep, { recursive: true });
  must("mount", mount(`/proc/self/fd/${fd}`, keep, "none", MS_BIND, null), keep);
  closeSync(fd);
}

/** A mount namespace with an empty /run: labs in there are alone, so that `gc` and `down --all` sweep nobody else's. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";

export interface PrivateRun {
  /** What a command line must begin with to run in there. */
  readonly prefix: readonly string[];
  /** The folder of all labs, as seen from outside. */
  readonly parent: string;
  /** What is there: namespaces, files of labs, mounts. */
  traces(): string[];
  end(): Promise<void>;
}

export async function openPrivateRun(): Promise<PrivateRun> {
  const holder = spawn(
    "unshare",
    ["--mount", "--", "sh", "-c", "mount -t tmpfs tmpfs /run && echo ready && exec sleep 600"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(holder.stdout, "data");
  const proc = `/proc/${holder.pid ?? 0}`;
  const mounts = (): string[] => readFileSync(`${proc}/mountinfo`, "utf8").split("\n");
  // Mounts below the /run that is covered now are listed still.
  const covered = new Set(mounts());
  return {
    prefix: ["nsenter", `--mount=${proc}/ns/mnt`, "--"],
    parent: `${proc}/root/run/k8snet-lab`,
    traces: () => [
      ...namesIn(`${proc}/root/run/netns`).map((name) => `namespace ${name}`),
      ...namesIn(`${proc}/root/run/k8snet-lab`).map((name) => `file ${name}`),
      ...mounts().filter((line) => !covered.has(line)),
    ],
    end: async () => {
      holder.kill("SIGKILL");
      await once(holder, "exit");
    },
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

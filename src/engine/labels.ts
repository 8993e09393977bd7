/** How our containers, networks and images are recognised: nothing without these labels is ever touched. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

export const LABEL = {
  /** The lab's name. */
  lab: "io.k8snet-lab.lab",
  /** The lab's owner: machine and user. An engine may be shared. */
  owner: "io.k8snet-lab.owner",
  /** Which machine of the lab a container is. */
  machine: "io.k8snet-lab.machine",
  /** Which segment of the lab a network is. */
  segment: "io.k8snet-lab.segment",
  /** An image's content hash. */
  image: "io.k8snet-lab.image",
} as const;

/** Stable for this user on this machine. */
export function ownerId(): string {
  let machine = hostname();
  try {
    machine = readFileSync("/etc/machine-id", "utf8").trim() || machine;
  } catch {
    // no systemd, or no Linux
  }
  return createHash("sha256")
    .update(`${machine} ${process.getuid?.() ?? 0}`)
    .digest("hex")
    .slice(0, 12);
}

/** In the form of the API's filters. */
export function labFilter(lab?: string): { label: string[] } {
  return { label: [`${LABEL.owner}=${ownerId()}`, lab === undefined ? LABEL.lab : `${LABEL.lab}=${lab}`] };
}

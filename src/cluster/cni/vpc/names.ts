/** Names and numbers that the VPC CNI makes (aws/amazon-vpc-cni-k8s b5218838, pkg/networkutils/{names,network}.go). */
import { sha1 } from "../../../net/digest.ts";

/** Main and local table. */
export const MAIN = 254;
export const LOCAL = 255;

/** Of rules. */
export const PRIORITY = {
  branch: 10,
  local: 20,
  toPod: 512,
  mark: 1024,
  services: 1535,
  fromPod: 1536,
  eni: 32_765,
} as const;

/** 11 hex digits of the SHA-1 of `NAMESPACE.POD`; as Calico's, whose policies look for it. */
export function hostVethSuffix(namespace: string, pod: string): string {
  return sha1(`${namespace}.${pod}`).toString("hex").slice(0, 11);
}

/** The pod's device on its node: `enib5faff8a083`. `index`: which of the pod's interfaces, from 0. */
export function hostVethName(prefix: string, namespace: string, pod: string, index = 0): string {
  return prefix + hostVethSuffix(namespace, index === 0 ? pod : `${pod}.${index}`);
}

/** Routing table of an ENI, by its device number and network card. The primary ENI's is main. */
export function eniTable(device: number, card = 0): number {
  if (card > 0) return 10_000 + device + 100 * card;
  return device === 0 ? MAIN : device + 1;
}

/** As versions before 1.20 counted; a table that is there is used on. */
export function oldEniTable(device: number, card: number, enisPerCard: number): number {
  return device + 1 + card * enisPerCard;
}

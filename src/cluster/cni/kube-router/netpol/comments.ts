/** Comments of kube-router's rules (pkg/controllers/netpol/comments.go). */
import type { ObjectName } from "../names.ts";

const MAX = 120;

export function comment(text: string): readonly string[] {
  return ["-m", "comment", "--comment", text];
}

/** `shop/web ingress pods`, cut where it is longer than nftables allows. */
export function commentOf({ namespace, name }: ObjectName, kind: string): string {
  return `${namespace}/${name} ${kind}`.slice(0, MAX);
}

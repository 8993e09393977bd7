/** kube-proxy's marks (kubernetes cmd/kube-proxy, --iptables-masquerade-bit 14; bit 15 was the kubelet's KUBE-MARK-DROP). */
import type { MarkClaim } from "../marks.ts";

export const MASQUERADE_MARK: MarkClaim = { owner: "kube-proxy", bits: 0x4000, use: "masquerade on the way out" };
const DROP_MARK: MarkClaim = { owner: "kube-proxy", bits: 0x8000, use: "drop" };

export const KUBE_PROXY_MARKS: readonly MarkClaim[] = [MASQUERADE_MARK, DROP_MARK];

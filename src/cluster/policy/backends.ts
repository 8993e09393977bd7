/** The registry of policy backends: a folder and a line for each. */
import type { PolicyBackend } from "./backend.ts";
import { iptablesBackend } from "./iptables/enforce.ts";
import { nftablesBackend } from "./nftables/enforce.ts";

export const POLICY_BACKENDS = {
  iptables: iptablesBackend,
  nftables: nftablesBackend,
} as const satisfies Readonly<Record<string, PolicyBackend>>;

export type PolicyBackendName = keyof typeof POLICY_BACKENDS;

export const POLICY_BACKEND_NAMES = Object.keys(POLICY_BACKENDS) as [PolicyBackendName, ...PolicyBackendName[]];

/** Rules of Calico's policies: their shape (api/pkg/apis/projectcalico/v3/policy_common.go). */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { anything, argument } from "../../syntax/scalar.ts";

const number = z.union([z.int(), argument]);

const entity = lazy(() =>
  z.strictObject({
    nets: z.array(argument).optional(),
    notNets: z.array(argument).optional(),
    selector: argument.optional(),
    notSelector: argument.optional(),
    namespaceSelector: argument.optional(),
    services: z.strictObject({ name: argument.optional(), namespace: argument.optional() }).optional(),
    serviceAccounts: z.strictObject({ names: z.array(argument).optional(), selector: argument.optional() }).optional(),
    ports: z.array(number).optional(),
    notPorts: z.array(number).optional(),
  }),
);

export type EntityDocument = z.infer<typeof entity>;

const icmp = lazy(() => z.strictObject({ type: z.int().optional(), code: z.int().optional() }));

const rule = lazy(() =>
  z.strictObject({
    action: argument.optional(),
    ipVersion: z.int().optional(),
    protocol: number.optional(),
    notProtocol: number.optional(),
    icmp: icmp.optional(),
    notICMP: icmp.optional(),
    source: entity.optional(),
    destination: entity.optional(),
    http: anything,
    metadata: anything,
  }),
);

export type RuleDocument = z.infer<typeof rule>;

/** What both kinds of policies have. */
export const policyFields = () => ({
  tier: argument.optional(),
  order: z.number().optional(),
  selector: argument.optional(),
  serviceAccountSelector: argument.optional(),
  types: z.array(argument).optional(),
  ingress: z.array(rule).optional(),
  egress: z.array(rule).optional(),
  performanceHints: z.array(argument).optional(),
});

export interface PolicyFields {
  readonly tier?: string | undefined;
  readonly order?: number | undefined;
  readonly selector?: string | undefined;
  readonly serviceAccountSelector?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly ingress?: readonly RuleDocument[] | undefined;
  readonly egress?: readonly RuleDocument[] | undefined;
}

const MOST_PORT = 65_535;

/** `1234`, `100:200`, `http`: as numorstring reads them. What is wrong with it, in its words. */
export function readPort(port: number | string): { readonly first: number; readonly last: number } | string | Error {
  const text = String(port);
  const [, from, to] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (/^\d+$/.test(text))
    return Number(text) > MOST_PORT
      ? new Error(`invalid port format (${text})`)
      : { first: Number(text), last: Number(text) };
  if (from !== undefined && to !== undefined) {
    if (Number(from) > MOST_PORT) return new Error(`invalid minimum port number in range (${text})`);
    if (Number(to) > MOST_PORT) return new Error(`invalid maximum port number in range (${text})`);
    return Number(from) > Number(to)
      ? new Error(
          `minimum port number (${Number(from)}) is greater than maximum port number (${Number(to)}) in port range`,
        )
      : { first: Number(from), last: Number(to) };
  }
  return /^[a-zA-Z0-9_.-]{1,128}$/.test(text) ? text : new Error(`invalid name for named port (${text})`);
}

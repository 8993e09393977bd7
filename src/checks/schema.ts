/** What `spec.checks` may say: one shape per kind of check, told apart by the key that names the kind. */
import * as z from "zod";
import { lazy } from "../syntax/lazy.ts";
import { argument, dnsLabel, line, port, rate, target, text } from "../syntax/scalar.ts";
import { captureName, packetExpectation } from "./capture-schema.ts";
import { base, from, headers, outcome, pingOutcome } from "./schema-parts.ts";

const ping = lazy(() =>
  z.strictObject({
    ...base,
    from,
    ping: target.describe("Target, address or name"),
    count: z.int().min(1).max(1000).optional().describe("Echo requests, default 1"),
    size: z.int().min(0).max(65_507).optional().describe("Payload bytes"),
    df: z.boolean().optional().describe("Do not fragment: tests the path MTU"),
    expect: z
      .union([
        pingOutcome,
        z.strictObject({
          outcome: pingOutcome.optional(),
          loss: z.number().min(0).max(100).optional().describe("Percent"),
          ttl: z.int().min(1).max(255).optional().describe("TTL of the answer: each router on the way decrements it"),
          mtu: z.int().min(68).max(65535).optional().describe("Next-hop MTU that the refusing router reports"),
        }),
      ])
      .optional(),
  }),
);

const answer = {
  outcome: outcome.optional(),
  sourceIP: target.optional().describe("The source address that the server saw: target or address"),
  hostname: line.optional().describe("Which target answered"),
};
const connectExpectation = z.union([outcome, z.strictObject(answer)]).optional();
const tcp = lazy(() =>
  z.strictObject({ ...base, from, tcp: target.describe("TARGET:PORT"), expect: connectExpectation }),
);
const udp = lazy(() =>
  z.strictObject({ ...base, from, udp: target.describe("TARGET:PORT"), expect: connectExpectation }),
);

const http = lazy(() =>
  z.strictObject({
    ...base,
    from,
    http: line.min(1).describe("http://TARGET:PORT/path"),
    method: z
      .string()
      .regex(/^[A-Z]{1,20}$/, "must be upper-case letters: GET")
      .optional()
      .describe("Default GET"),
    headers: headers.optional().describe("Headers of the request"),
    expect: z
      .union([
        outcome,
        z.strictObject({
          ...answer,
          status: z.int().min(100).max(599).optional().describe("Status code of the response"),
          body: text.optional().describe("Text that the body contains, or /regular expression/"),
          headers: headers
            .optional()
            .describe("Headers that the response must have: text that each contains, or /regular expression/"),
        }),
      ])
      .optional(),
  }),
);

const rcode = z.enum(["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]);
const dns = lazy(() =>
  z.strictObject({
    ...base,
    from,
    dns: z
      .string()
      .max(255)
      .regex(/^[A-Za-z0-9_*.-]+$/, "must be a DNS name")
      .describe("Name to look up"),
    type: z
      .string()
      .regex(/^[A-Z0-9]{1,10}$/, "must be a record type: A, AAAA, SRV, PTR")
      .optional()
      .describe("Record type, default A"),
    server: target.optional().describe("Target or address, default svc/kube-system/kube-dns"),
    port: port.optional().describe("Default 53"),
    protocol: z.enum(["udp", "tcp"]).optional().describe("Default udp"),
    expect: z
      .union([
        z.union([outcome, rcode]),
        z.strictObject({
          outcome: outcome.optional(),
          rcode: rcode.optional(),
          answers: z.array(line).optional().describe("All answers, in any order"),
        }),
      ])
      .optional(),
  }),
);

const command = lazy(() =>
  z.strictObject({
    ...base,
    from,
    command: z.array(argument).min(1).describe("Program and arguments, as a list; no shell is involved"),
    expect: z
      .union([
        z.int().min(0).max(255),
        z.strictObject({
          exitCode: z.int().min(0).max(255).optional().describe("Default 0"),
          stdout: text.optional().describe("Text that it contains, or /regular expression/"),
          stderr: text.optional().describe("The same for the error output"),
        }),
      ])
      .optional(),
  }),
);

const path = lazy(() =>
  z.strictObject({
    ...base,
    from,
    path: target,
    protocol: z
      .string()
      .regex(/^(icmp|(tcp|udp):\d{1,5})$/, "must be icmp, tcp:PORT or udp:PORT")
      .optional()
      .describe("icmp (default), tcp:PORT or udp:PORT"),
    expect: z.strictObject({
      hops: z.array(target).min(1).optional().describe("Namespaces in order, first and last included"),
      crosses: z.array(target).min(1).optional().describe("Places that it crosses, in this order: node1/cni0"),
      avoids: z.array(target).min(1).optional().describe("Places that it must not cross"),
    }),
  }),
);

const selection = z.union([
  z.literal("all"),
  target,
  z.array(target).min(1),
  z.strictObject({
    matchLabels: z.record(z.string(), z.string()).optional().describe("Pods with these labels"),
    namespace: dnsLabel.optional().describe("Pods of this namespace"),
  }),
]);
const reach = lazy(() =>
  z.strictObject({
    ...base,
    reach: z.strictObject({
      from: selection,
      to: selection,
      port: port.optional().describe("Needed by all protocols but icmp"),
      protocol: z.enum(["tcp", "udp", "sctp", "http", "icmp"]).optional().describe("Default tcp"),
    }),
    expect: z
      .union([outcome, z.record(z.string(), z.union([outcome, z.record(z.string(), outcome)]))])
      .optional()
      .describe("One outcome for all pairs, or a truth table: { pod/a: { pod/b: open } }"),
  }),
);

const throughput = lazy(() =>
  z
    .strictObject({
      ...base,
      from,
      throughput: target,
      seconds: z.number().min(0.1).max(600).optional().describe("How long to measure, default 1"),
      expect: z.strictObject({
        min: rate.optional().describe("At least this much"),
        max: rate.optional().describe("At most this much"),
      }),
    })
    .meta({
      examples: [{ name: "the limit holds", from: "pod/client", throughput: "pod/web-0", expect: { max: "11mbit" } }],
    }),
);

const capture = lazy(() =>
  z.strictObject({
    ...base,
    capture: captureName.describe("Name of a declared capture"),
    expect: packetExpectation,
  }),
);

const stateWords = line.min(1);
const state = lazy(() =>
  z.strictObject({
    ...base,
    from,
    state: z.strictObject({
      route: stateWords.optional().describe("Words of ip route"),
      neigh: stateWords.optional().describe("Words of ip neigh"),
      fdb: stateWords.optional().describe("Words of bridge fdb"),
      rule: stateWords.optional().describe("Words of ip rule"),
      iptables: stateWords.optional().describe("A rule as iptables-save writes it"),
      sysctl: stateWords.optional().describe("key = value"),
      link: stateWords.optional().describe("Words of ip link"),
      addr: stateWords.optional().describe("Words of ip addr"),
    }),
    expect: z.enum(["present", "absent"]).optional().describe("Default present"),
  }),
);

const serviceEndpoint = target.describe("TARGET:PORT: svc/NAME:PORT, a node port as NODE:PORT, or an address");
const serviceProtocol = z.enum(["tcp", "udp"]).optional().describe("Default tcp");
const connections = z.int().min(1).max(5000).optional();

const balanced = lazy(() =>
  z.strictObject({
    ...base,
    from,
    balanced: serviceEndpoint,
    protocol: serviceProtocol,
    connections: connections.describe("Connections to make; default 100 per endpoint, at least 200"),
    expect: z
      .strictObject({
        endpoints: z
          .array(target)
          .min(1)
          .optional()
          .describe("Pods or addresses; default: what Kubernetes would choose"),
      })
      .optional(),
  }),
);

const nat = lazy(() =>
  z.strictObject({
    ...base,
    from,
    nat: serviceEndpoint,
    protocol: serviceProtocol,
    expect: z
      .strictObject({
        source: target
          .optional()
          .describe("The source that the backend sees: client, masqueraded, a target or an address"),
        endpoints: z.array(target).min(1).optional().describe("Pods or addresses that it may be translated to"),
      })
      .optional(),
  }),
);

const sticky = lazy(() =>
  z.strictObject({
    ...base,
    from,
    sticky: serviceEndpoint,
    protocol: serviceProtocol,
    connections: connections.describe("Connections per source, default 20"),
    expect: z
      .strictObject({ seconds: z.int().min(1).max(86_400).optional().describe("How long a client is remembered") })
      .optional(),
  }),
);

const rejected = lazy(() =>
  z.strictObject({
    ...base,
    from,
    rejected: serviceEndpoint,
    protocol: serviceProtocol,
    expect: z.enum(["reject", "drop"]).optional().describe("reject (default): refused at once; drop: no answer at all"),
  }),
);

/** The schema of each kind, by the key that names it. */
export const CHECK_SCHEMAS = {
  ping,
  tcp,
  udp,
  http,
  dns,
  command,
  path,
  reach,
  throughput,
  capture,
  state,
  balanced,
  nat,
  sticky,
  rejected,
};

export const check = z.union(Object.values(CHECK_SCHEMAS));

export type CheckDocument = z.infer<typeof check>;
export type CheckDocuments = { readonly [K in keyof typeof CHECK_SCHEMAS]: z.infer<(typeof CHECK_SCHEMAS)[K]> };
export type SelectionDocument = z.infer<typeof selection>;

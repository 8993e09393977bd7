/** Programs that manage a namespace themselves, as a routing daemon writes its routes: kept running, and made to read changes of their configuration. */
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { daemonEncoder } from "./encode.ts";
import { daemonPlan } from "./plan.ts";

export interface DaemonResource extends ResourceBase {
  readonly kind: "daemon";
  /** Also that of its socket in /run/bird: `bird`. */
  readonly name: string;
  readonly argv: readonly string[];
  /** A digest of its configuration, a file of the namespace. */
  readonly configuration: string;
}

export const daemonDefinition: ResourceDefinition<DaemonResource> = {
  kind: "daemon",
  lives: "agent",
  speed: "tool",
  starts: true,
  script: "comment",
  endsWithContainer: true,
  program: ({ argv }) => argv,
  key: ({ name }) => [name],
  describe: ({ name, argv }) => `daemon ${name}: ${argv.join(" ")}`,
  provide: ({ id }, index) => index.addDaemon(id),
  own(_daemon, own) {
    own.busy = true;
  },
  meets: ({ ns }, passage) => passage.arrives(ns),
  plan: daemonPlan,
  encode: daemonEncoder,
};

/** How the kinds of resources that the agent itself serves are started. */
import type { Starters } from "../apply/held.ts";
import { startDns } from "./dns/server.ts";
import { startProxy } from "./proxy/proxy.ts";
import { startRelay } from "./relay/relay.ts";
import { startServer } from "./serve/server.ts";
import { Watch } from "./watch/readiness-watch.ts";

/** `decide`: receives what watches decide, see Watch. */
export const starters = (decide: (isNews: boolean) => void): Starters => ({
  server: (resource, runtime) => startServer(resource, runtime.netns(resource.ns)),
  dns: (resource, runtime) => startDns(resource, runtime.netns(resource.ns)),
  proxy: (resource, runtime) => startProxy(resource, runtime.netns(resource.ns)),
  relay: (resource, runtime) => startRelay(resource, runtime.netns(resource.ns)),
  watch: (resource, runtime) => new Watch(resource, runtime, decide),
});

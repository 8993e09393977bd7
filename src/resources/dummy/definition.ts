/** Dummy devices: addresses of the namespace's own, on a device that sends nothing. */
import type { ResourceDefinition } from "../definition.ts";
import { defineTypedLink, type TypedLink } from "../typed-link.ts";

/** A device that leads nowhere: its addresses are the namespace's own. */
export interface DummyResource extends TypedLink {
  readonly kind: "dummy";
}

export const dummyDefinition: ResourceDefinition<DummyResource> = defineTypedLink<DummyResource>({
  kind: "dummy",
  lesson: () =>
    "A dummy device: it sends nothing anywhere. Its addresses are the namespace's own, so packets to them are taken in and do not travel on.",
  requirements: () => [{ use: "dummy devices", feature: "dummy", module: "dummy" }],
});

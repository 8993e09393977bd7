/** Devices that are wholly said by a type of `ip link` and its settings: what the kinds of these share. */
import type { LinkData, LinkType } from "../net/link-type.ts";
import type { ResourceDefinition } from "./definition.ts";
import type { KindEncoder } from "./encode-kind.ts";
import { addWords, enableLines, restoreLines, setLines } from "./encode-link-settings.ts";
import { changed, difference, ids, MISSING } from "./kind.ts";
import type { KindPlan } from "./kind.ts";
import { deviceClaim, linkDevice, linkDifferences, linkNeeds } from "./link-settings.ts";
import type { LinkSettings } from "./link-settings.ts";
import type { ResourceBase, ResourceKind } from "./resource.ts";

export interface TypedLink extends ResourceBase, LinkSettings {
  readonly kind: string;
  readonly name: string;
  readonly type: LinkType;
  /** Device of the namespace that it is on. */
  readonly link?: string | undefined;
  readonly data: LinkData;
}

/** The device below it. */
function lowerOf({ link, data }: TypedLink): string | undefined {
  return link ?? (data["dev"] === undefined ? undefined : String(data["dev"]));
}

function dataWords(data: LinkData): readonly (string | number)[] {
  return Object.entries(data).flat();
}

function identity({ type, link, data }: TypedLink): string {
  return [type, link ?? "", ...dataWords(data)].join(" ");
}

/** The kernel changes few of their settings in place: all mean a new device. */
export const typedLinkPlan = {
  dependencies(device, index) {
    const { netns, sysctls, master } = linkNeeds(index, device.ns, device);
    const below = lowerOf(device);
    const lower = below === undefined ? [] : ids(index.device(device.ns, below));
    return { needs: [...netns, ...sysctls, ...lower, ...master], diesWith: [...netns, ...lower], resetBy: master };
  },
  claims: ({ ns, name }) => [deviceClaim(ns, name)],
  compare(device, observed) {
    const { name, type, data } = device;
    const actual = observed.namespace(device.ns)?.links.get(name);
    if (actual === undefined) return MISSING;
    if (actual.kind !== type) return changed([`${name} is a ${actual.kind}, should be a ${type}`], true);
    const fixed = [
      ...(device.link === undefined ? [] : difference("link", actual.link, device.link)),
      ...Object.entries(data).flatMap(([word, wanted]) => difference(word, actual.data?.[word], wanted)),
    ].map((text) => `${name}: ${text}`);
    return fixed.length > 0 ? changed(fixed, true) : changed(linkDifferences(name, device, actual));
  },
  replaces: (before, after) => identity(before) !== identity(after),
} satisfies KindPlan<TypedLink>;

export const typedLinkEncoder: KindEncoder<TypedLink> = {
  create: (device, shell) => [
    shell.ip(
      device,
      "link",
      "add",
      ...(device.link === undefined ? [] : ["link", device.link]),
      device.name,
      ...addWords(device),
      "type",
      device.type,
      ...dataWords(device.data),
    ),
    ...enableLines(device, shell),
  ],
  update: (device, _before, shell) => setLines(device, shell),
  restore: restoreLines,
  remove: (device, shell) => [shell.ip(device, "link", "del", device.name)],
};

type Own<R extends TypedLink> = Pick<ResourceDefinition<R>, "kind" | "lesson" | "requirements" | "tunnel"> &
  Partial<Pick<ResourceDefinition<R>, "script" | "own" | "plan" | "encode">>;

/** `own`: what is particular to the kind. Others are ports of a kind whose script part is `cable`. */
export function defineTypedLink<R extends TypedLink>(own: Own<R>): ResourceDefinition<R> {
  return {
    lives: "kernel",
    speed: "netlink",
    listed: ["link"],
    script: "own",
    key: ({ name }) => [name],
    describe: ({ name, type, link, data }) =>
      [type, name, ...(link === undefined ? [] : ["on", link]), ...dataWords(data)].join(" "),
    devices: (resource) => [
      { ...linkDevice(resource.kind as ResourceKind, resource), type: resource.type, lower: lowerOf(resource) },
    ],
    provide: ({ id, ns, name }, index) => index.addDevice(ns, name, id),
    meets: ({ ns, name }, passage) => passage.passes(ns, name),
    plan: typedLinkPlan,
    encode: typedLinkEncoder,
    ...own,
  };
}

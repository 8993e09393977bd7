/** Applies devices that are a type and its settings. */
import { createTyped, deleteLink } from "../../kernel/rtnl/link.ts";
import { dumpLinks, type KernelLink } from "../../kernel/rtnl/link-state.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { TypedLink } from "../../resources/typed-link.ts";
import type { ApplyContext } from "../kind.ts";
import { adjustLink, adjustPort, createOrAdjust, existingLink, removeLink } from "./link.ts";

export const typedLink = {
  create(resource: TypedLink, context: ApplyContext): void {
    const { ns, name, type } = resource;
    const adjust = (): void => typedLink.update(resource, undefined, context);
    createOrAdjust(rtnlOf(context.netns(ns)), name, type, () => make(resource, context), adjust);
  },
  update(resource: TypedLink, _before: TypedLink | undefined, context: ApplyContext): void {
    const { ns, name, type } = resource;
    const rtnl = rtnlOf(context.netns(ns));
    if (existingLink(rtnl, name, type) === undefined) return make(resource, context);
    const link = dumpLinks(rtnl).find((one) => one.name === name);
    if (link !== undefined && isSame(link, resource)) return adjustLink(rtnl, name, resource, link);
    deleteLink(rtnl, name);
    make(resource, context);
  },
  remove({ ns, name, type }: TypedLink, context: ApplyContext): void {
    removeLink(rtnlOf(context.netns(ns)), name, type);
  },
};

function make(resource: TypedLink, context: ApplyContext): void {
  const rtnl = rtnlOf(context.netns(resource.ns));
  createTyped(rtnl, resource.name, resource, resource);
  adjustPort(rtnl, resource.name, resource);
}

function isSame(link: KernelLink, { link: lower, data }: TypedLink): boolean {
  return (
    (lower === undefined || link.link === lower) &&
    Object.entries(data).every(([word, wanted]) => link.data?.[word] === wanted)
  );
}

/** Asks the registry about resources whose kind is known only at run time. */
import type { AddressFacts, DeviceFacts, ResourceDefinition, ScriptPart } from "./definition.ts";
import { Shell } from "./encode-kind.ts";
import type { Operation } from "./operation.ts";
import { DEFINITIONS } from "./registry.ts";
import type { Resource, ResourceKind } from "./resource.ts";

/** Build order of kinds. */
export const KIND_ORDER = Object.keys(DEFINITIONS) as readonly ResourceKind[];

/** Only to be used with resources of that kind. */
export function definitionOf({ kind }: Pick<Resource, "kind">): ResourceDefinition<Resource> {
  return DEFINITIONS[kind] as unknown as ResourceDefinition<Resource>;
}

/** In a few words, as in `ip`'s output; its namespace is left out. */
export function describeResource(resource: Resource): string {
  return definitionOf(resource).describe(resource);
}

/** The devices that it makes. */
export function devicesOf(resource: Resource): readonly DeviceFacts[] {
  return definitionOf(resource).devices?.(resource) ?? [];
}

/** The addresses that it gives to devices. */
export function addressesOf(resource: Resource): readonly AddressFacts[] {
  return definitionOf(resource).addresses?.(resource) ?? [];
}

/** It runs a program until it is removed. */
export function isProgram(resource: Pick<Resource, "kind">): boolean {
  return definitionOf(resource).program !== undefined;
}

/** Its own namespace, and others that devices of it are in. */
export function namespacesOf(resource: Resource): readonly string[] {
  return [...new Set([resource.ns, ...devicesOf(resource).map(({ ns }) => ns)])];
}

/** Those of these namespaces, and those with devices there; all where none are named. */
export function resourcesIn(
  resources: ReadonlyMap<string, Resource>,
  namespaces: readonly string[] | undefined,
): ReadonlyMap<string, Resource> {
  if (namespaces === undefined) return resources;
  const there = new Set(namespaces);
  return new Map([...resources].filter(([, one]) => namespacesOf(one).some((ns) => there.has(ns))));
}

export function scriptPart(resource: Resource): ScriptPart {
  const { script } = definitionOf(resource);
  return typeof script === "string" ? script : script(resource);
}

/** Lines of shell for one operation; see encodeCommand. */
export function commandLines(lab: string, { action, resource, before }: Operation): readonly string[] {
  const { encode } = definitionOf(resource);
  const shell = new Shell(lab);
  if (action === "create") return encode.create(resource, shell);
  return action === "update" ? encode.update(resource, before, shell) : encode.remove(resource, shell);
}

/** The shell command(s) that do the same as the operation, one per line, with the namespaces' names on the host; safely quoted. */
export function encodeCommand(lab: string, operation: Operation): string {
  return commandLines(lab, operation).join("\n");
}

/** What is written to files of it: without its secrets. */
export function storedPart(resource: Resource): Resource {
  return definitionOf(resource).stored?.(resource) ?? resource;
}

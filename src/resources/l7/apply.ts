/** How proxies are served and given up: by the lab's data plane, a process of its own. */
import { readFileSync } from "node:fs";
import { DataPlane, type ServedProxy } from "../../apply/data-plane.ts";
import type { RuntimeApplier } from "../../apply/kind.ts";
import type { LabRuntime } from "../../apply/runtime.ts";
import type { L7Certificate, L7Resource } from "./definition.ts";
import type { ServedCertificate } from "./protocol.ts";
import { l7Digest } from "./digest.ts";

async function serve(resource: L7Resource, runtime: LabRuntime): Promise<void> {
  const { id, ns, table } = resource;
  const { name, inode } = runtime.netns(ns);
  const certificates = Object.fromEntries(
    Object.entries(resource.certificates).map(([key, one]): [string, ServedCertificate] => [
      key,
      "selfSigned" in one ? one : { certificate: one.certificate, key: keyOf(key, one) },
    ]),
  );
  const request = {
    t: "set",
    id,
    netns: { name, inode },
    table,
    stopped: resource.stopped === true,
    certificates,
  } as const;
  await DataPlane.of(runtime).serve(request, l7Digest(resource));
}

function keyOf(id: string, { key, keyFile }: Exclude<L7Certificate, { readonly selfSigned: string }>): string {
  if (key !== undefined) return key;
  if (keyFile === undefined) throw new Error(`certificate ${id} has no key`);
  return readFileSync(keyFile, "utf8");
}

export const l7: RuntimeApplier<"l7"> = {
  create: serve,
  update: (resource, _before, runtime) => serve(resource, runtime),
  remove: async ({ id }, runtime) => {
    if (runtime.held<ServedProxy>("l7").has(id)) await DataPlane.of(runtime).remove(id);
  },
  abandon: ({ id }, runtime) => {
    runtime.held<ServedProxy>("l7").get(id)?.stop();
    runtime.held("l7").delete(id);
  },
};

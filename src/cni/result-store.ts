/** Results of ADD as libcni caches them: what CHECK and DEL get as prevResult, and GC compares with. */
import type { Json, NetworkList } from "./config.ts";
import { formatResult, parseResult } from "./result.ts";
import type { CniResult } from "./result.ts";
import { agreedVersion, UNNAMED } from "./version.ts";

/** One attachment of a container to a network. */
export interface Attachment {
  readonly containerId: string;
  /** Path of the network namespace; empty where it no longer exists. */
  readonly netns: string;
  readonly ifName: string;
  /** CNI_ARGS. */
  readonly args: readonly (readonly [string, string])[];
  /** By capability: portMappings, bandwidth … */
  readonly capabilityArgs: Json;
}

/** Of an attachment, as GC names it. */
export type GcAttachment = Pick<Attachment, "containerId" | "ifName">;

/** Files of the folder `results` in the runtime's cache. */
export interface ResultCache {
  read(name: string): string | undefined;
  write(name: string, text: string): void;
  remove(name: string): void;
  names(): readonly string[];
}

interface Cached {
  readonly kind: "cniCacheV1";
  readonly containerId: string;
  /** Base64. */
  readonly config: string;
  readonly ifName: string;
  readonly networkName: string;
  readonly netns?: string;
  readonly cniArgs?: readonly (readonly [string, string])[];
  readonly capabilityArgs?: Json;
  readonly result?: Json;
}

export class ResultStore {
  readonly #cache: ResultCache;

  constructor(cache: ResultCache) {
    this.#cache = cache;
  }

  remove(list: Pick<NetworkList, "name">, at: GcAttachment): void {
    this.#cache.remove(cacheName(list, at));
  }

  /** Cached attachments to a network. */
  attachments(network: string): readonly Attachment[] {
    return this.#cache.names().flatMap((name): readonly Attachment[] => {
      const cached = this.#read(name);
      if (cached?.networkName !== network) return [];
      const { containerId, ifName, netns = "", cniArgs = [], capabilityArgs = {} } = cached;
      return [{ containerId, ifName, netns, args: cniArgs, capabilityArgs }];
    });
  }

  keep(list: NetworkList, { containerId, ifName, netns, args, capabilityArgs }: Attachment, result: CniResult): void {
    const { plugins, ...rest } = list;
    const config = JSON.stringify({ ...rest, plugins: plugins.map(({ object }) => object) });
    const version = list.cniVersion === "" ? UNNAMED : list.cniVersion;
    const cached: Cached = {
      kind: "cniCacheV1",
      containerId,
      config: Buffer.from(config).toString("base64"),
      ifName,
      networkName: list.name,
      netns,
      cniArgs: args,
      capabilityArgs,
      result: formatResult(result, agreedVersion(version, [version])),
    };
    this.#cache.write(cacheName(list, { containerId, ifName }), JSON.stringify(cached));
  }

  #read(name: string): Cached | undefined {
    try {
      const cached = JSON.parse(this.#cache.read(name) ?? "") as Cached;
      return cached.kind === "cniCacheV1" ? cached : undefined;
    } catch {
      return undefined;
    }
  }

  /** `tolerant`: what cannot be read is left out. */
  find(list: NetworkList, at: GcAttachment, tolerant: boolean): CniResult | undefined {
    const cached = this.#read(cacheName(list, at));
    if (cached?.result === undefined) return undefined;
    try {
      return parseResult(cached.result);
    } catch (error) {
      if (tolerant) return undefined;
      throw error;
    }
  }
}

function cacheName({ name }: Pick<NetworkList, "name">, { containerId, ifName }: GcAttachment): string {
  return `${name}-${containerId}-${ifName}`;
}

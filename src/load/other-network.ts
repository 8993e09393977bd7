/** A lab with another network than its file's: `--cni calico`, `--kube-proxy nftables`. */
import type { SourceRef } from "../cause.ts";
import { UsageError, type Diagnostic } from "../errors.ts";
import { isObject } from "../kube/manifest-parts.ts";
import { PROXY_MODES } from "../cluster/kube-proxy/modes.ts";
import { NETWORK_PLUGINS, pluginNamed } from "../cluster/cni/registry.ts";
import type { OtherNetwork } from "../syntax/lab-sources.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { formatPath, type Locate, type Path } from "../syntax/path.ts";
import { plainScalar } from "../syntax/plain-scalar.ts";
import type { StreamDocument } from "../syntax/yaml-stream.ts";

type Fields = Readonly<Record<string, unknown>>;

interface Setting {
  readonly path: readonly string[];
  readonly value: unknown;
  /** Of the setting in the option's text, from 1. */
  readonly column: number;
}

interface AskedPlugin {
  readonly plugin: string;
  readonly settings: readonly Setting[];
}

const OPTION = "--cni ";

/** `calico`, `flannel:backend=host-gw`, `calico:bgp.daemon=bird:mtu=1400`. Throws UsageError. */
export function parsePlugin(text: string): AskedPlugin {
  const [plugin = "", ...rest] = text.split(":");
  if (!NETWORK_PLUGINS.has(plugin))
    throw new UsageError(
      `${OPTION}${text}: there is no network plugin "${plugin}"`,
      didYouMean(plugin, [...NETWORK_PLUGINS.keys()], "there are"),
    );
  let column = OPTION.length + plugin.length + 2;
  const settings = rest.map((part) => {
    const at = part.indexOf("=");
    if (at < 1)
      throw new UsageError(
        `${OPTION}${text}: "${part}" is not a setting`,
        `write ${plugin}:NAME=VALUE, as the lab file has it: flannel:backend=host-gw`,
      );
    const word = part.slice(at + 1);
    const setting = { path: part.slice(0, at).split("."), value: plainScalar(word) ?? word, column };
    column += part.length + 1;
    return setting;
  });
  return { plugin, settings };
}

/** Throws UsageError. */
export function parseProxyMode(text: string): string {
  if (PROXY_MODES.has(text)) return text;
  throw new UsageError(
    `--kube-proxy ${text}: there is no such mode`,
    didYouMean(text, [...PROXY_MODES.keys()], "there are"),
  );
}

function withSetting(fields: Fields, [head = "", ...rest]: readonly string[], value: unknown): Fields {
  const inner = fields[head];
  return { ...fields, [head]: rest.length === 0 ? value : withSetting(isObject(inner) ? inner : {}, rest, value) };
}

/** Settings that all plugins have. */
const COMMON: ReadonlySet<string> = new Set(["plugin", "mtu"]);

/** One lab document, changed part by part. */
class Replacement {
  readonly diagnostics: Diagnostic[] = [];
  /** By path: the place on the command line; undefined for what is the file's, within what is not. */
  readonly #said = new Map<string, SourceRef | undefined>();
  readonly #file: Locate;
  readonly #option: string;
  readonly #asked: AskedPlugin | undefined;
  readonly #mode: string | undefined;

  constructor(locate: Locate, { cni, kubeProxy }: OtherNetwork) {
    this.#file = locate;
    this.#option = `${OPTION}${cni ?? ""}`;
    this.#asked = cni === undefined ? undefined : parsePlugin(cni);
    this.#mode = kubeProxy === undefined ? undefined : parseProxyMode(kubeProxy);
  }

  readonly locate: Locate = (path, part) => {
    for (let length = path.length; length > 0; length--) {
      const key = formatPath(path.slice(0, length));
      if (this.#said.has(key)) return this.#said.get(key) ?? this.#file(path, part);
    }
    return this.#file(path, part);
  };

  /** `isPart`: of a fault, which changes some of what the lab has; `before`: the plugin of the cluster in the file. */
  cluster(given: unknown, path: Path, before: string, isPart: boolean): unknown {
    if (!isObject(given)) return given;
    const cluster = this.#asked === undefined ? given : this.#cni(given, this.#asked, path, before, isPart);
    return this.#mode === undefined ? cluster : this.#kubeProxy(cluster, this.#mode, path, isPart);
  }

  #cni(cluster: Fields, { plugin, settings }: AskedPlugin, path: Path, before: string, isPart: boolean): Fields {
    const { cni: given, ...others } = cluster;
    if (isPart && given === undefined) return cluster;
    const at = [...path, "cni"];
    const file = isObject(given) ? given : {};
    const own = before === plugin ? [] : Object.keys(file).filter((key) => !COMMON.has(key));
    const [first] = own;
    if (first !== undefined)
      this.#leftOut(
        [...at, first],
        `${this.#option}: ${own.join(", ")} ${own.length === 1 ? "is a setting" : "are settings"} of ${before}, and left out`,
      );
    const kept = Object.fromEntries(Object.entries(file).filter(([key]) => !own.includes(key) && key !== "plugin"));
    if (isPart) return { ...others, ...(Object.keys(kept).length === 0 ? {} : { cni: { ...kept, plugin } }) };
    const say = (place: Path, column: number): void =>
      void this.#said.set(formatPath(place), { file: this.#option, line: 1, column });
    if (before !== plugin || given === undefined) say(at, OPTION.length + 1);
    for (const key of Object.keys(kept)) this.#said.set(formatPath([...at, key]), undefined);
    for (const one of settings) say([...at, ...one.path], one.column);
    const cni = settings.reduce<Fields>((now, one) => withSetting(now, one.path, one.value), { ...kept, plugin });
    return { ...others, cni };
  }

  #kubeProxy(cluster: Fields, mode: string, path: Path, isPart: boolean): Fields {
    const given = cluster["kubeProxy"];
    const nodes = cluster["nodes"];
    return {
      ...cluster,
      ...(isPart && given === undefined ? {} : { kubeProxy: this.#inMode(given, mode, [...path, "kubeProxy"]) }),
      ...(Array.isArray(nodes)
        ? {
            nodes: nodes.map((node: unknown, i) =>
              isObject(node) && node["kubeProxy"] !== undefined
                ? {
                    ...node,
                    kubeProxy: this.#inMode(node["kubeProxy"], mode, [...path, "nodes", i, "kubeProxy"], true),
                  }
                : node,
            ),
          }
        : {}),
    };
  }

  #inMode(given: unknown, mode: string, path: Path, isNode = false): Fields {
    const { mode: before, ipvs, ...kept } = isObject(given) ? given : { mode: given };
    if (isNode && typeof before === "string" && before !== mode)
      this.#leftOut(path, `--kube-proxy ${mode}: the node's own mode ${before} is left out`);
    if (ipvs !== undefined && mode !== "ipvs")
      this.#leftOut([...path, "ipvs"], `--kube-proxy ${mode}: ipvs is a setting of mode ipvs, and left out`);
    const place = { file: `--kube-proxy ${mode}`, line: 1, column: 14 };
    if (!isObject(given)) this.#said.set(formatPath(path), place);
    this.#said.set(formatPath([...path, "mode"]), place);
    return { ...kept, ...(ipvs === undefined || mode !== "ipvs" ? {} : { ipvs }), mode };
  }

  #leftOut(path: Path, message: string): void {
    this.diagnostics.push({ severity: "warning", message, source: this.#file(path), path: formatPath(path) });
  }
}

function pluginOf(cluster: unknown): string {
  const cni = isObject(cluster) ? cluster["cni"] : undefined;
  const plugin = isObject(cni) ? cni["plugin"] : undefined;
  return typeof plugin === "string" ? plugin : pluginNamed().name;
}

const NAME_LENGTH = 40;

function renamed(lab: Fields, suffix: string | undefined): Fields {
  const metadata = lab["metadata"];
  const name = isObject(metadata) ? metadata["name"] : undefined;
  if (suffix === undefined || !isObject(metadata) || typeof name !== "string") return lab;
  const kept = name.slice(0, NAME_LENGTH - suffix.length).replace(/-+$/, "");
  return { ...lab, metadata: { ...metadata, name: `${kept}${suffix}` } };
}

/** The Lab document with the network that is asked for. Throws UsageError where that is not one. */
export function withOtherNetwork(
  document: StreamDocument,
  other: OtherNetwork,
): { readonly document: StreamDocument; readonly diagnostics: readonly Diagnostic[] } {
  const replacement = new Replacement(document.locate, other);
  const { value } = document;
  const spec = isObject(value) ? value["spec"] : undefined;
  if (!isObject(value) || !isObject(spec)) return { document, diagnostics: [] };
  if (spec["cluster"] === undefined && spec["clusters"] === undefined) {
    const option = other.cni === undefined ? "--kube-proxy" : "--cni";
    const message = `the lab has no cluster, so ${option} has nothing to change`;
    const hint = "only labs with spec.cluster or spec.clusters have a network plugin and kube-proxy";
    const source = document.locate(["spec"]);
    return { document, diagnostics: [{ severity: "error", message, hint, source, path: "spec" }] };
  }
  const inSpec = (part: Fields, path: Path, isPart: boolean): Fields => ({
    ...part,
    ...(part["cluster"] === undefined
      ? {}
      : { cluster: replacement.cluster(part["cluster"], [...path, "cluster"], pluginOf(spec["cluster"]), isPart) }),
    ...(isObject(part["clusters"])
      ? {
          clusters: Object.fromEntries(
            Object.entries(part["clusters"]).map(([name, one]) => {
              const before = pluginOf(isObject(spec["clusters"]) ? spec["clusters"][name] : undefined);
              return [name, replacement.cluster(one, [...path, "clusters", name], before, isPart)];
            }),
          ),
        }
      : {}),
  });
  const changed = inSpec(spec, ["spec"], false);
  const fault = spec["fault"];
  const whole = isObject(fault) ? { ...changed, fault: inSpec(fault, ["spec", "fault"], true) } : changed;
  return {
    document: { ...document, value: { ...renamed(value, other.nameSuffix), spec: whole }, locate: replacement.locate },
    diagnostics: replacement.diagnostics,
  };
}

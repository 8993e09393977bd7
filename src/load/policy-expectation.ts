/** The expectation file of `policy test`: lines `allow FROM -> TO [PORT]` and `deny …`; the first that matches a connection decides. */
import { InputError, UsageError, type Diagnostic } from "../errors.ts";
import type { SourceRef } from "../cause.ts";
import type { ConnectionEnd } from "../oracle/policy/connection-ends.ts";
import type { AskedPort, Connection } from "../oracle/policy/policy-connections.ts";
import { namedService } from "../targets/service-target.ts";
import { namedWorkload } from "../kube/workload/parse-workload.ts";
import { WORKLOAD_NAMES } from "../kube/workload/workload-spec.ts";
import { readText, UnreadableFile } from "../syntax/text-file.ts";
import { parseStream } from "../syntax/yaml-stream.ts";
import { resolve } from "node:path";

export interface ExpectationLine {
  readonly text: string;
  readonly allow: boolean;
  readonly source: SourceRef;
  readonly matches: (connection: Connection) => boolean;
  /** The port that it names, and on which destination. */
  readonly asks?: AskedPort | undefined;
}

const FORMAT = "write: expect: [ allow shop/web -> shop/db 5432, deny * -> sts/shop/db ]";

const matcher = (pattern: string): RegExp => {
  const escaped = pattern.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${escaped.join(".*")}$`);
};

/** `deploy/web`, `shop/deployment/web`, `svc/web`, `pods/web` as ends are called by kind: `deploy/default/web`, `deploy/shop/web`; of several clusters `west.deploy/web`. */
function byKind(pattern: string): string | undefined {
  const [, cluster, own] = /^([-a-z0-9*]+\.)(.+\/.+)$/.exec(pattern) ?? [];
  if (cluster !== undefined && own !== undefined) {
    const ofCluster = byKind(own);
    if (ofCluster !== undefined) return `${cluster}${ofCluster}`;
  }
  const workload = namedWorkload(pattern, WORKLOAD_NAMES);
  const service = namedService(pattern);
  const pod = /^(?:([^/]+)\/)?pods?\/([^/]+(?:\/[^/]+)?)$/.exec(pattern);
  const [word, rest] =
    workload !== undefined
      ? [workload.word, workload.rest]
      : service !== undefined
        ? ["svc", service]
        : ["pod", pod === null ? undefined : pod[1] === undefined ? pod[2] : `${pod[1]}/${pod[2]}`];
  if (rest === undefined) return undefined;
  return rest.includes("/") || rest === "*" ? `${word}/${rest}` : `${word}/default/${rest}`;
}

/**
 * `*` stands for any text, also across `/`; a workload's name, with its kind or without, for all of its pods. Nodes must be
 * named (`node*`): a node always reaches its own pods, and `deny * -> shop/db` does not mean that.
 */
function glob(pattern: string): (end: ConnectionEnd) => boolean {
  const plain = matcher(pattern);
  const kind = byKind(pattern);
  const typed = kind === undefined ? undefined : matcher(kind);
  const anybody = pattern.startsWith("*");
  return ({ name, group, workload, aliases = [], isNode }) =>
    !(isNode && anybody) &&
    ([name, group, workload].some((text) => text !== undefined && plain.test(text)) ||
      (typed !== undefined && [name, group, ...aliases].some((text) => typed.test(text))));
}

type Port = { readonly port?: number | undefined; readonly protocol?: Connection["protocol"] | undefined };

/** `*` is any. */
function readPort(text: string): Port | undefined {
  if (text === "*") return {};
  const match = /^(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const protocol = match?.[2]?.toUpperCase() as Connection["protocol"] | undefined;
  return match === null ? undefined : { port: Number(match[1]), protocol };
}

function readLine(text: string, source: SourceRef): ExpectationLine | undefined {
  const match = /^(allow|deny)\s+(\S+)\s*->\s*(\S+)(?:\s+(\S+))?$/.exec(text.trim());
  const port = readPort(match?.[4] ?? "*");
  if (match === null || port === undefined) return undefined;
  const { port: number, protocol } = port;
  const from = glob(match[2] ?? "");
  const to = glob(match[3] ?? "");
  return {
    text: text.trim().replaceAll(/\s+/g, " "),
    allow: match[1] === "allow",
    source,
    matches: (connection) =>
      from(connection.from) &&
      to(connection.to) &&
      (number === undefined || connection.port === number) &&
      (protocol === undefined || connection.protocol === protocol),
    ...(number === undefined ? {} : { asks: { to, port: number, protocol: protocol ?? "TCP" } }),
  };
}

/** Throws InputError with all mistakes, UsageError when the file cannot be read. */
export function loadExpectation(file: string, cwd: string): readonly ExpectationLine[] {
  let text: string;
  try {
    text = readText(resolve(cwd, file));
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new UsageError(`cannot read ${JSON.stringify(file)}: ${error.message}`, FORMAT);
  }
  const { documents, diagnostics } = parseStream(text, file);
  const mistakes: Diagnostic[] = [...diagnostics];
  const [document] = documents;
  const value = document?.value as { expect?: unknown } | undefined;
  const list = typeof value === "object" && value !== null ? value.expect : undefined;
  if (document === undefined || !Array.isArray(list)) {
    if (mistakes.length === 0)
      mistakes.push({
        severity: "error",
        message: "an expectation file has one key: expect, a list",
        hint: FORMAT,
        source: { file, line: 1, column: 1 },
      });
    throw new InputError(mistakes);
  }
  const lines = list.flatMap((item: unknown, i) => {
    const source = document.locate(["expect", i], "value");
    const line = typeof item === "string" ? readLine(item, source) : undefined;
    if (line !== undefined) return [line];
    mistakes.push({
      severity: "error",
      message: `${JSON.stringify(item)} is not an expectation`,
      hint: "allow or deny, FROM -> TO, and a port: 5432, 53/udp or *",
      source,
    });
    return [];
  });
  if (mistakes.length > 0) throw new InputError(mistakes);
  return lines;
}

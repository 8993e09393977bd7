/**
 * Which Docker engine to use, found as the Docker CLI finds it: --context, DOCKER_HOST, DOCKER_CONTEXT, the current
 * context of ~/.docker/config.json, the default socket. See docs.docker.com/engine/manage-resources/contexts.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { didYouMean } from "../syntax/nearest.ts";

export interface EngineAddress {
  /** The context's name; `default` for DOCKER_HOST and the default socket. */
  readonly context: string;
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host`. */
  readonly host: string;
  /** Set when the engine is reached over TLS: paths of PEM files. */
  readonly tls?:
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
        readonly skipVerify: boolean;
      }
    | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_SOCKET = "/var/run/docker.sock";

/** `context`: what --context says, a context's name or an endpoint. Throws UsageError for a context that there is not, or a file that cannot be read. */
export function findEngine(env: Environment, context?: string): EngineAddress {
  if (context?.includes("://") === true) return { context: "default", host: context };
  const folder = env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker");
  const named =
    context ??
    (set(env["DOCKER_HOST"]) === undefined ? (set(env["DOCKER_CONTEXT"]) ?? currentContext(folder)) : undefined);
  return named === undefined || named === "default" ? defaultEngine(env, folder) : readContext(folder, named);
}

function set(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function currentContext(folder: string): string | undefined {
  const path = join(folder, "config.json");
  if (!existsSync(path)) return undefined;
  try {
    const { currentContext } = JSON.parse(readFileSync(path, "utf8")) as { currentContext?: unknown };
    return typeof currentContext === "string" && currentContext !== "" ? currentContext : undefined;
  } catch {
    throw new UsageError(`${path} cannot be read as JSON`, "fix it, or set DOCKER_HOST=unix:///var/run/docker.sock");
  }
}

function defaultEngine(env: Environment, folder: string): EngineAddress {
  const host = set(env["DOCKER_HOST"]) ?? `unix://${defaultSocket(env)}`;
  const verify = set(env["DOCKER_TLS_VERIFY"]);
  if (!host.startsWith("tcp://") || (verify === undefined && set(env["DOCKER_TLS"]) === undefined))
    return { context: "default", host };
  const certs = set(env["DOCKER_CERT_PATH"]) ?? folder;
  return { context: "default", host, tls: { ...tlsFiles(certs), skipVerify: verify === undefined } };
}

/** Docker Desktop for the Mac may have its socket in the home folder only. */
function defaultSocket(env: Environment): string {
  const own = join(env["HOME"] ?? homedir(), ".docker/run/docker.sock");
  return !existsSync(DEFAULT_SOCKET) && existsSync(own) ? own : DEFAULT_SOCKET;
}

function readContext(folder: string, name: string): EngineAddress {
  const id = createHash("sha256").update(name).digest("hex");
  const path = join(folder, "contexts/meta", id, "meta.json");
  let meta: { Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } } };
  try {
    meta = JSON.parse(readFileSync(path, "utf8")) as typeof meta;
  } catch {
    throw new UsageError(
      `unknown Docker context ${JSON.stringify(name)} (${path})`,
      didYouMean(name, ["default", ...contextNames(folder)], "contexts"),
    );
  }
  const host = meta.Endpoints?.docker?.Host;
  if (host === undefined || host === "")
    throw new UsageError(
      `the Docker context ${JSON.stringify(name)} names no engine`,
      `docker context inspect ${name}`,
    );
  const files = tlsFiles(join(folder, "contexts/tls", id, "docker"));
  const hasTls = host.startsWith("tcp://") && (files.ca !== undefined || files.cert !== undefined);
  return {
    context: name,
    host,
    ...(hasTls ? { tls: { ...files, skipVerify: meta.Endpoints?.docker?.SkipTLSVerify === true } } : {}),
  };
}

function contextNames(folder: string): string[] {
  const metas = join(folder, "contexts/meta");
  if (!existsSync(metas)) return [];
  return readdirSync(metas)
    .flatMap((id) => {
      try {
        const { Name } = JSON.parse(readFileSync(join(metas, id, "meta.json"), "utf8")) as { Name?: string };
        return Name ?? [];
      } catch {
        return [];
      }
    })
    .sort();
}

function tlsFiles(folder: string): { ca?: string; cert?: string; key?: string } {
  const files: { ca?: string; cert?: string; key?: string } = {};
  for (const name of ["ca", "cert", "key"] as const) {
    const path = join(folder, `${name}.pem`);
    if (existsSync(path)) files[name] = path;
  }
  return files;
}

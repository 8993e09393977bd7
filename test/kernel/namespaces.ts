/** Namespaces for tests of kinds: an ApplyContext of their own, plain `ip` beside it, and a leak check at the end. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { afterEach, beforeEach, expect } from "vitest";
import type { ApplyContext } from "../../src/apply/kind.ts";
import { netns } from "../../src/resources/netns/apply.ts";
import { observeNamespace } from "../../src/apply/observe-namespace.ts";
import type { ObservedNamespace } from "../../src/apply/observe-namespace.ts";
import { NETNS_FOLDER } from "../../src/kernel/netns.ts";
import type { NetnsHandle, NetnsIdentity } from "../../src/kernel/netns.ts";
import type { NetnsResource } from "../../src/resources/netns/definition.ts";
import type { Resource, ResourceKind, ResourceOf } from "../../src/resources/resource.ts";

type Rest<K extends ResourceKind> = Omit<ResourceOf<K>, "kind" | "id" | "node" | "cause">;

/** A resource without the parts that do not matter to the kernel. */
export function resource<K extends ResourceKind>(kind: K, rest: Rest<K>): ResourceOf<K> {
  const base = { id: `${kind}:test`, node: rest.ns, cause: { object: "test", reason: "test" } };
  return { kind, ...base, ...rest } as unknown as ResourceOf<K>;
}

export class TestNamespaces implements ApplyContext {
  readonly lab: string;
  readonly handles = new Map<string, NetnsHandle>();
  readonly #identities = new Map<string, NetnsIdentity>();
  readonly identities = {
    get: (id: string): NetnsIdentity | undefined => this.#identities.get(id),
    keep: (id: string, one: NetnsIdentity): void => void this.#identities.set(id, one),
  };
  readonly #made = new Set<string>();

  constructor(lab: string) {
    this.lab = lab;
  }

  netns(ns: string): NetnsHandle {
    const handle = this.handles.get(ns);
    if (handle === undefined) throw new Error(`the test has no namespace ${ns}`);
    return handle;
  }

  find(ns: string): NetnsHandle | undefined {
    return this.handles.get(ns);
  }

  registerNetns(ns: string, handle: NetnsHandle): void {
    this.handles.set(ns, handle);
  }

  forgetNetns(ns: string): void {
    this.handles.delete(ns);
  }

  make(...names: string[]): void {
    for (const ns of names) {
      this.#made.add(ns);
      netns.create(this.#resource(ns), this);
    }
  }

  /** Run a program inside: `run("a", "ip", "link")`. Throws with its stderr. */
  run(ns: string, ...argv: string[]): string {
    return execFileSync("ip", ["netns", "exec", `${this.lab}.${ns}`, ...argv], {
      encoding: "utf8",
      timeout: 10_000,
      stdio: "pipe",
    });
  }

  observe(ns: string, ...sysctls: string[]): ObservedNamespace {
    return observeNamespace(this.netns(ns), { sysctls });
  }

  removeAll(): void {
    for (const ns of this.#made) netns.remove(this.#resource(ns), this);
    this.#made.clear();
  }

  #resource(ns: string): NetnsResource {
    return { ...resource("netns", { ns, role: "host" }), id: `netns:${ns}` } satisfies Resource;
  }
}

/** Fresh namespaces for each test of a file; after it none of them may be left. `part` keeps names of test files apart. */
export function useNamespaces(part: string): TestNamespaces {
  const namespaces = new TestNamespaces(`kern-${part}-${process.pid}`);
  const ours = (): string[] => {
    try {
      return readdirSync(NETNS_FOLDER).filter((name) => name.startsWith(namespaces.lab));
    } catch {
      return [];
    }
  };
  let files = 0;
  const openFiles = (): number => readdirSync("/proc/self/fd").length;
  beforeEach(() => {
    expect(ours()).toEqual([]);
    files = openFiles();
  });
  afterEach(() => {
    namespaces.removeAll();
    expect(ours(), "namespaces left behind").toEqual([]);
    expect(openFiles() - files, "open files left behind").toBeLessThanOrEqual(2); // the namespace that this process lives in, and ownProc()
  });
  return namespaces;
}

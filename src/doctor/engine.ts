/** Whether a Docker engine can have labs, and what that means for its machine. */
import type { NamedEngine } from "../engine/swarm.ts";
import type { Finding } from "./finding.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `contexts`: those of the command line; empty: the one that the Docker CLI would use. */
export async function findEngineFitness(env: Environment, contexts: readonly string[]): Promise<Finding[]> {
  const [{ findEngine }, { Engine }] = await Promise.all([
    import("../engine/address.ts"),
    import("../engine/engine.ts"),
  ]);
  const findings: Finding[] = [];
  const engines: NamedEngine[] = [];
  for (const context of contexts.length > 0 ? contexts : [undefined]) {
    try {
      const address = findEngine(env, context);
      const engine = await Engine.open(address);
      engines.push({ name: context ?? address.context, engine });
    } catch (error) {
      const { message, hint } = error as { message: string; hint?: string };
      findings.push({ area: "engine", name: context ?? "docker", status: "missing", text: message, fix: hint });
    }
  }
  for (const one of engines) findings.push(...(await fitnessOf(one)));
  if (contexts.length > 1 && engines.length > 1) findings.push(await swarmFitness(engines));
  for (const { engine } of engines) engine.close();
  return findings;
}

async function fitnessOf({ name, engine }: NamedEngine): Promise<Finding[]> {
  const { listImages } = await import("../engine/image.ts");
  const { version, api, arch, apparmor, rootless, swarm } = engine.facts;
  const images = await listImages(engine);
  return [
    {
      area: "engine",
      name,
      status: "ok",
      text: `Docker ${version} (API ${api}, ${arch}) at ${engine.address.host}${rootless ? ", rootless" : ""}${swarm.active ? `, in a Swarm (${swarm.manager ? "manager" : "worker"})` : ""}`,
    },
    {
      area: "engine",
      name: "privileges",
      status: "ok",
      text: `a lab's containers get CAP_NET_ADMIN and CAP_SYS_ADMIN, and /proc/sys to write${apparmor ? ", and no AppArmor profile" : ""}; they are not privileged, but programs in them can do to the engine's kernel whatever these allow: run only labs that you trust`,
    },
    images.length > 0
      ? { area: "engine", name: "image", status: "ok", text: images.map(({ tag }) => tag).join(", ") }
      : {
          area: "engine",
          name: "image",
          status: "warn",
          text: "the node image does not exist yet; up builds it, or copies it from another engine of the lab",
          fix: "k8snet-lab image build",
        },
  ];
}

async function swarmFitness(engines: readonly NamedEngine[]): Promise<Finding> {
  const { commonSwarm } = await import("../engine/swarm.ts");
  const common = await commonSwarm(engines);
  if ("manager" in common) {
    const text = `they are in one Swarm, which ${common.manager.name} manages: its overlay network joins a lab's nodes`;
    return { area: "engine", name: "together", status: "ok", text };
  }
  const text = `${common.lacks}: relays join a lab's nodes, if UDP gets through; in one Swarm none are needed`;
  return { area: "engine", name: "together", status: "warn", text, fix: common.hint };
}

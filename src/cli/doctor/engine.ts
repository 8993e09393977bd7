/** Whether a Docker engine can have labs, and what that means for its machine. */
import type { Finding } from "./finding.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export async function findEngineFitness(env: Environment, context: string | undefined): Promise<Finding[]> {
  const [{ findEngine }, { Engine }, { listImages }] = await Promise.all([
    import("../../engine/address.ts"),
    import("../../engine/engine.ts"),
    import("../../engine/image.ts"),
  ]);
  try {
    const address = findEngine(env, context);
    const engine = await Engine.open(address);
    const { version, api, arch, apparmor, rootless, swarm } = engine.facts;
    const images = await listImages(engine);
    engine.close();
    return [
      {
        area: "engine",
        name: address.context,
        status: "ok",
        text: `Docker ${version} (API ${api}, ${arch}) at ${address.host}${rootless ? ", rootless" : ""}${swarm.active ? ", in a Swarm" : ""}`,
      },
      {
        area: "engine",
        name: "privileges",
        status: "ok",
        text: `a lab's containers get CAP_NET_ADMIN and CAP_SYS_ADMIN, and /proc/sys to write${apparmor ? ", and no AppArmor profile" : ""}; they are not privileged, but whoever runs programs in them can do to the engine's kernel what these allow: run only labs that you trust`,
      },
      images.length > 0
        ? { area: "engine", name: "image", status: "ok", text: images.map(({ tag }) => tag).join(", ") }
        : {
            area: "engine",
            name: "image",
            status: "warn",
            text: "the node image is not there yet; up builds it",
            fix: "k8snet-lab image build",
          },
    ];
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    return [{ area: "engine", name: "docker", status: "missing", text: message, fix: hint }];
  }
}

/** Starts the terminal UI on the given terminal. Loaded only when it is shown. */
import { render } from "ink";
import type { StartTui } from "./port.ts";
import { App } from "./app.tsx";
import { MOUSE_OFF, MOUSE_ON, interceptMouse, type MouseEvent } from "./mouse.ts";
import { makeStore } from "./store.ts";
import { makeTheme } from "./theme.ts";

/** Draws until the session is over. Uses the alternate screen: what was there before comes back. */
export const startTui: StartTui = async ({ subscribe, actions, signal, stdin, stdout, color }) => {
  const store = makeStore();
  const unsubscribe = subscribe((event) => store.push(event));
  const listeners = new Set<(event: MouseEvent) => void>();
  const leaveMouse = interceptMouse(stdin, (event) => {
    for (const listener of listeners) listener(event);
  });
  const mouse = (listener: (event: MouseEvent) => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const instance = render(<App store={store} actions={actions} theme={makeTheme(color)} mouse={mouse} />, {
    stdin,
    stdout,
    alternateScreen: true,
    exitOnCtrlC: false,
    interactive: true,
  });
  stdout.write(MOUSE_ON);
  const end = (): void => instance.unmount();
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  await instance.waitUntilExit();
  leaveMouse();
  stdout.write(MOUSE_OFF);
  unsubscribe();
  store.stop();
};

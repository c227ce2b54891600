/**
 * The types of the app's states, which a declaration file says as an augmentation of `States`:
 *
 *     import "statelink";
 *     declare module "statelink" {
 *       interface States {
 *         Room: {
 *           vars: {
 *             readonly count: number;
 *             readonly users: readonly { readonly name: string }[];
 *           };
 *           events: {
 *             inc: (args: { by: number }) => void;
 *             rename: (args?: { name?: string }) => void;
 *             clear: () => void;
 *           };
 *         };
 *         "shop.views.Cart": { vars: { readonly items: readonly string[] }; events: {} };
 *       }
 *     }
 *
 * A key of `States` is a state's wire name. `vars` has all that travels: base, computed and
 * client-storage vars; they are written `readonly`, all the way down, since values never change in
 * place. `events` has the event handlers: all arguments in one object, those with a default
 * optional; no parameter where there are no arguments, an optional one where all have defaults.
 *
 * With that file in the program
 *
 *     link.state("Room").value?.count      // number | undefined
 *     useShared("Room", (room) => room.users)
 *     link.call("Room.inc", { by: 1 })
 *
 * are checked, and other names are errors. Without it every name is allowed, and values are
 * `JsonObject`.
 */
import type { JsonObject } from "./protocol.js";

/** The app's states by wire name, each with `vars` and `events`; for a declaration file to fill. */
export interface States {}

/** Whether no such file is in the program. */
type Untyped = [keyof States] extends [never] ? true : false;

/** The wire name of a state. */
export type StateName = Untyped extends true ? string : keyof States & string;

/** The values of the state of that name. */
export type Vars<N extends StateName> = N extends keyof States
  ? States[N] extends { vars: infer V }
    ? V
    : JsonObject
  : JsonObject;

type Events<N extends keyof States> = States[N] extends { events: infer E } ? E : {};

/** `State.handler`, as `call` takes it. */
export type HandlerName = Untyped extends true
  ? string
  : {
      [N in keyof States & string]: `${N}.${keyof Events<N> & string}`;
    }[keyof States & string];

/** What `call` takes behind the handler's name. */
export type HandlerArgs<H extends HandlerName> = Untyped extends true
  ? [args?: object]
  : {
      // By lookup, not by taking `H` apart: names of states may have dots in them.
      [N in keyof States & string]: {
        [E in keyof Events<N> & string]: H extends `${N}.${E}`
          ? Events<N>[E] extends (...args: infer A) => unknown
            ? A
            : never
          : never;
      }[keyof Events<N> & string];
    }[keyof States & string];

declare const vars: unique symbol;

/**
 * A state's name that knows the type of its values, for programs without such a file:
 *
 *     const Room = stateKey<{ readonly count: number }>("Room");
 *     link.state(Room).value?.count
 */
export type StateKey<V> = string & { readonly [vars]: V };

export function stateKey<V>(name: string): StateKey<V> {
  return name as StateKey<V>;
}

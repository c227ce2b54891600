// Programs with a declaration file of the app's states. Where an error is expected and does not come, tsc fails.
import { connect, stateKey, type HandlerName, type StateName } from "statelink";
import { useShared as useSharedInReact } from "statelink/react";
import { shared } from "statelink/svelte";
import { useShared as useSharedInVue } from "statelink/vue";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<T, E>(_value: T, _same: Equal<T, E>): void {}

export const link = connect();

export function names(): void {
  is<StateName, "Room" | "shop.views.Cart" | "Quiet">("Room", true);
  is<HandlerName, "Room.inc" | "Room.rename" | "Room.clear" | "shop.views.Cart.add">(
    "Room.inc",
    true,
  );
}

export function stores(): void {
  const room = link.state("Room");
  is<
    typeof room.value,
    { readonly count: number; readonly users: readonly { readonly name: string }[] } | undefined
  >(room.value, true);
  room.subscribe((value) => is<number | undefined, typeof count>(value?.count, true));
  const count = room.select((value) => value.count).value;
  is<typeof count, number | undefined>(count, true);
  link.state("shop.views.Cart").value?.items.map((item) => item.toUpperCase());
  // @ts-expect-error no such state
  link.state("Rom");
  // @ts-expect-error no such var
  room.value?.cuont;
  // @ts-expect-error it may not be there yet
  room.value.count;
  // @ts-expect-error values never change in place
  if (room.value) room.value.count = 1;
  // @ts-expect-error nor do those inside
  room.value?.users.push({ name: "Ada" });
}

export async function calls(): Promise<void> {
  await link.call("Room.inc", { by: 1 });
  await link.call("Room.rename", { name: "lobby" });
  await link.call("Room.rename", {});
  await link.call("Room.rename");
  await link.call("Room.clear");
  await link.call("shop.views.Cart.add", { item: "tea" });
  // @ts-expect-error no such handler
  await link.call("Room.dec", { by: 1 });
  // @ts-expect-error no such state
  await link.call("Cart.add", { item: "tea" });
  // @ts-expect-error of the wrong type
  await link.call("Room.inc", { by: "1" });
  // @ts-expect-error lacking
  await link.call("Room.inc", {});
  // @ts-expect-error lacking all
  await link.call("Room.inc");
  // @ts-expect-error unknown
  await link.call("Room.inc", { by: 1, per: 2 });
  // @ts-expect-error there are none
  await link.call("Room.clear", { all: true });
}

export function saidAndKeys(): void {
  is<number | undefined, number | undefined>(link.state<{ n: number }>("Other").value?.n, true);
  const Other = stateKey<{ readonly n: number }>("Other");
  const n = link.state(Other).value?.n;
  is<typeof n, number | undefined>(n, true);
  const inReact = useSharedInReact(Other, (other) => other.n);
  is<typeof inReact, number | undefined>(inReact, true);
  const inVue = useSharedInVue(Other).value?.n;
  is<typeof inVue, number | undefined>(inVue, true);
  shared(link, Other, (other) => other.n).subscribe((n) => n?.toFixed());
}

export function React(): void {
  const users = useSharedInReact("Room", (room) => room.users);
  is<typeof users, readonly { readonly name: string }[] | undefined>(users, true);
  const count = useSharedInReact("Room")?.count;
  is<typeof count, number | undefined>(count, true);
  // @ts-expect-error no such state
  useSharedInReact("Rom");
  // @ts-expect-error no such var
  useSharedInReact("Room", (room) => room.cuont);
}

export function Vue(): void {
  const count = useSharedInVue("Room", (room) => room.count);
  is<typeof count.value, number | undefined>(count.value, true);
  // @ts-expect-error it is the server's to change
  count.value = 1;
  // @ts-expect-error no such state
  useSharedInVue("Rom");
  // @ts-expect-error no such var
  useSharedInVue("Room", (room) => room.cuont);
}

export function Svelte(): void {
  shared(link, "Room", (room) => room.count).subscribe((count) => count?.toFixed());
  shared(link, "Quiet").subscribe((quiet) => quiet?.on);
  // @ts-expect-error no such state
  shared(link, "Rom");
  // @ts-expect-error no such var
  shared(link, "Room", (room) => room.cuont);
}

declare const brand: unique symbol;
/** A `T` that only one door can make; see the `parse…` and `new…` functions of each id. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

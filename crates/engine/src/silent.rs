//! `Debug` for what people type and read.

/// Prints the name and the fields that are listed: a handle, a state, a number. Addresses, titles, notes, nicks and texts
/// have no place in a log (design, invariant 9).
macro_rules! silent {
    ($($name:ident { $($shown:ident),* $(,)? })*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($shown), &self.$shown))*.finish_non_exhaustive()
            }
        }
    )*};
}
pub(crate) use silent;

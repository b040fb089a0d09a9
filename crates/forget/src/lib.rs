//! An allocator that overwrites what is freed: libraries do not wipe the texts and keys that pass through them.
//!
//! ```
//! use conclave_forget::Forgetful;
//!
//! #[global_allocator]
//! static ALLOCATOR: Forgetful = Forgetful;
//! # fn main() {}
//! ```

use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    ptr,
};

/// The system's allocator, with zeros over everything before it is given back. What C libraries allocate does not come here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait; what is passed on is what came")]
// SAFETY: every call goes to the system's allocator with what the caller promised for it.
unsafe impl GlobalAlloc for Forgetful {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block has this size, and nobody reads it any more.
        unsafe { ptr::write_bytes(block, 0, layout.size()) };
        // The compiler would leave out a write that only a free follows.
        black_box(block);
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(block, layout) }
    }

    // The trait's own `realloc` allocates, copies and frees by the methods above, so it leaves no copy behind.
}

// Finds the entities that are boxes. Word 2 of the list counts them; `sim/blockers.wgsl` clears it.
fn each(slot: u32) {
    if (any(barrier[slot].half <= vec3<i32>(0))) { return; }
    blockers_barrier[atomicAdd(&blockers_list[2], 1)] = slot;
}

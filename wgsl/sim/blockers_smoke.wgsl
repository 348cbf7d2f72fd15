// Counts clouds of smoke down and finds those that were left. Word 3 of the list counts them.
fn each(slot: u32) {
    let left = smoke[slot].ticks;
    if (left == 0u) { return; }
    smoke[slot].ticks = left - 1u;
    if (smoke[slot].radius <= 0) { return; }
    blockers_smoke[atomicAdd(&blockers_list[3], 1)] = slot;
}

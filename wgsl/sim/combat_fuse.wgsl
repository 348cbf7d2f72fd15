// Counts fuses down and finds the blasts that are due. Word 3 of the list counts them.
fn each(slot: u32) {
    if (blast[slot].damage <= 0) { return; }
    let left = blast[slot].fuse;
    if (left > 0u) {
        blast[slot].fuse = left - 1u;
    } else {
        combat_due[atomicAdd(&combat_blasts[3], 1)] = slot;
    }
}

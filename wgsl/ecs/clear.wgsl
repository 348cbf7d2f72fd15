// Forgets the events of the tick before.
fn each(index: u32) {
    counter[0] = 0u;
}

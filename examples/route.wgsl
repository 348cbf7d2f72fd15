// Sends each agent to the nearest gate of the wall at z = MIDDLE until it has crossed it.
// Gates lie at x = 1, 2 and 3 quarters of the side.
const MARGIN = 65536; // metres before and behind the wall that count as the gate itself

fn each(slot: u32) {
    let p = position[slot].xyz;
    let place = errand[slot].place;
    let across = (p.z < MIDDLE) != (place.z < MIDDLE);
    if (!across) {
        goal[slot].position = place;
        return;
    }
    let gate = clamp((p.x + QUARTER / 2) / QUARTER, 1, 3) * QUARTER;
    // Aim a little beyond the wall, so that nobody stops in the gate.
    let beyond = select(-2 * MARGIN, 2 * MARGIN, place.z > MIDDLE);
    goal[slot].position = vec3<i32>(gate, 0, MIDDLE + beyond);
}

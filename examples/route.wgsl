// Sends each agent to the nearest gate of the wall at z = MIDDLE until it has crossed it.
// Gates lie at x = SPACING, 2 SPACING, …. Those who walk to +z use the half of the gate towards +x,
// the others the other half.
const BEFORE = 2 * 65536; // metres before the wall to gather at, off to the side of the lane
const BEYOND = 4 * 65536; // metres behind the wall to aim at, so that nobody stops in the gate

fn each(slot: u32) {
    let p = position[slot].xyz;
    let place = errand[slot].place;
    let forth = place.z > MIDDLE;
    if ((p.z > MIDDLE) == forth) {
        goal[slot].position = place;
        return;
    }
    let gate = clamp((p.x + SPACING / 2) / SPACING, 1, GATES) * SPACING;
    let lane = select(gate - LANE, gate + LANE, forth);
    let x = clamp(p.x, lane - LANE * 3 / 4, lane + LANE * 3 / 4);
    let depth = select(-BEFORE, BEYOND, abs(p.x - lane) < LANE);
    goal[slot].position = vec3<i32>(x, 0, MIDDLE + select(-depth, depth, forth));
}

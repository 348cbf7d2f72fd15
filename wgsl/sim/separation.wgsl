//! import lib/fixed.wgsl
//! import lib/grid.wgsl
// Keeps discs of one radius apart, in the plane of x and z. Overlaps are halved by moving; within
// the comfort distance agents also accelerate apart and to their right, so that streams pass each
// other. All sums are of integers, so the order of neighbours is irrelevant.
const FINE = 3u; // distances in 2^-13 m: below 2^15 within two cells of 2 m, so squares fit 32 bits

/// Which way two agents at the same place part: the older one goes to +x.
fn parting(slot: u32, other: u32) -> i32 {
    return select(-1, 1, entity[slot].x < entity[other].x);
}

/// What only has a position is kept away from but does not move.
fn is_member(slot: u32) -> bool {
    return (tick.shared_mask & REQUIRED) == REQUIRED || (entity[slot].y & REQUIRED) == REQUIRED;
}

/// Whether one keeps away from it.
fn is_among(slot: u32) -> bool {
    return (tick.shared_mask & AMONG) == AMONG || (entity[slot].y & AMONG) == AMONG;
}

fn each(index: u32) {
    if (index >= grid_start[GRID_CELLS]) { return; }
    let own = grid_record[index];
    if (!is_member(u32(own.w))) { return; }
    let area = grid_area(own.xyz, COMFORT << FINE);
    let here = own.xz >> vec2<u32>(FINE);
    var push = vec2<i32>(0);  // 2^-13 m, at most 2^12 for each neighbour
    var urge = vec2<i32>(0);
    for (var k = 0u; k < area.rows; k++) {
        let span = grid_span(area, k);
        for (var i = span.x; i < span.y; i++) {
            let other = grid_record[i];
            let d = here - (other.xz >> vec2<u32>(FINE));
            if (max(abs(d.x), abs(d.y)) >= COMFORT) { continue; } // also keeps the square in range
            let d2 = u32(d.x * d.x + d.y * d.y);
            if (d2 >= u32(COMFORT * COMFORT) || i == index || !is_among(u32(other.w))) { continue; }
            if (d2 == 0u) {
                push.x += parting(u32(own.w), u32(other.w)) * (DIAMETER / 2);
                continue;
            }
            let d3 = vec3<i32>(d, 0);
            if (d2 < u32(DIAMETER * DIAMETER)) {
                push += scale_q14(d3, push_scale(d2, u32(DIAMETER))).xy / 2;
            }
            if (COMFORT > DIAMETER) {
                let away = scale_q14(d3, push_scale(d2, u32(COMFORT))).xy;
                urge += away + vec2<i32>(away.y, -away.x) / 2;
            }
        }
    }
    if (all(push == vec2<i32>(0)) && all(urge == vec2<i32>(0))) { return; }
    let slot = u32(own.w);
    // However many neighbours press, no tick moves an agent by more than its radius.
    push = clamp(push, vec2<i32>(-DIAMETER / 2), vec2<i32>(DIAMETER / 2));
    urge = clamp(urge, vec2<i32>(-COMFORT), vec2<i32>(COMFORT));
    let moved = push << vec2<u32>(FINE);
    position[slot].xyz += vec3<i32>(moved.x, 0, moved.y);
    // Bounds: push below 2^14 times response below 2^10, urge below 2^15 times strength below 2^8.
    let dv = push * RESPONSE + urge * STRENGTH; // 2^-17 m/s
    velocity[slot].xyz += vec3<i32>(dv.x, 0, dv.y) / 2;
}

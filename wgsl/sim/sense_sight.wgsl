//! import lib/sight.wgsl
// Lines of sight of a workgroup. Its agents stand near each other, so it first picks the blockers
// that reach into the box around all that they may see; each line is then tested against those.
var<workgroup> box_low: array<atomic<i32>, 3>;
var<workgroup> box_high: array<atomic<i32>, 3>;
var<workgroup> box_count: atomic<u32>;
var<workgroup> ball_count: atomic<u32>;
var<workgroup> box_at: array<u32, 256>; // places in blockers_list
var<workgroup> ball_at: array<u32, 64>;

/// Where one looks from, or at: EYE above a place, but in range.
fn eye_of(place: vec3<i32>) -> vec3<i32> {
    return vec3<i32>(place.x, min(place.y, 0x7fffffff - EYE) + EYE, place.z);
}

/// Forget what the workgroup before left here; a barrier must follow.
fn clear_sight(lane: u32) {
    if (lane < 3u) {
        atomicStore(&box_low[lane], 0x7fffffff);
        atomicStore(&box_high[lane], -0x7fffffff - 1);
    }
    if (lane == 3u) { atomicStore(&box_count, 0u); }
    if (lane == 4u) { atomicStore(&ball_count, 0u); }
}

/// Widen the box by what one agent may see; a barrier must follow the last.
fn widen_sight(eye: vec3<i32>, radius: i32) {
    for (var axis = 0u; axis < 3u; axis++) {
        atomicMin(&box_low[axis], max(eye[axis], radius - 0x7fffffff) - radius);
        atomicMax(&box_high[axis], min(eye[axis], 0x7fffffff - radius) + radius);
    }
}

/// Pick the blockers that reach into the box; a barrier must follow.
fn pick_blockers(lane: u32) {
    let low = vec3<i32>(atomicLoad(&box_low[0]), atomicLoad(&box_low[1]), atomicLoad(&box_low[2]));
    let high = vec3<i32>(atomicLoad(&box_high[0]), atomicLoad(&box_high[1]), atomicLoad(&box_high[2]));
    let count = vec2<u32>(blockers_list[0].xy);
    for (var i = lane; i < count.x; i += WORKGROUP_SIZE) {
        let at = 1u + 2u * i;
        if (all((blockers_list[at].xyz < high) & (blockers_list[at + 1u].xyz > low))) {
            box_at[atomicAdd(&box_count, 1u)] = at;
        }
    }
    for (var i = lane; i < count.y; i += WORKGROUP_SIZE) {
        let ball = blockers_list[513u + i];
        let reach = vec3<i32>(ball.w / 2 + 1); // halves do not wrap; one unit more does no harm
        if (all((ball.xyz / 2 - reach < high / 2) & (ball.xyz / 2 + reach > low / 2))) {
            ball_at[atomicAdd(&ball_count, 1u)] = 513u + i;
        }
    }
}

/// The candidates that an eye sees: bit j of `hits` stands for the one of record first + j. `low` and
/// `high` are the corners of a box around the eye and theirs; few blockers reach into that.
fn unhidden(eye: vec3<i32>, first: u32, hits: u32, low: vec3<i32>, high: vec3<i32>) -> u32 {
    var seen = hits;
    for (var i = 0u; i < atomicLoad(&box_count); i++) {
        let a = blockers_list[box_at[i]].xyz;
        let b = blockers_list[box_at[i] + 1u].xyz;
        if (any((a >= high) | (b <= low))) { continue; }
        for (var left = seen; left != 0u; left &= left - 1u) {
            let j = firstTrailingBit(left);
            if (crosses_box(eye, eye_of(sense_record[first + j].xyz), a, b)) { seen &= ~(1u << j); }
        }
    }
    for (var i = 0u; i < atomicLoad(&ball_count); i++) {
        let ball = blockers_list[ball_at[i]];
        let reach = vec3<i32>(ball.w / 2 + 1);
        if (any((ball.xyz / 2 - reach >= high / 2) | (ball.xyz / 2 + reach <= low / 2))) { continue; }
        for (var left = seen; left != 0u; left &= left - 1u) {
            let j = firstTrailingBit(left);
            let other = eye_of(sense_record[first + j].xyz);
            if (crosses_ball(eye, other, ball.xyz, ball.w)) { seen &= ~(1u << j); }
        }
    }
    return seen;
}

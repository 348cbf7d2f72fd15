//! import lib/sight.wgsl
// Heights of eyes, and what keeps blasts off: boxes, but not smoke.

/// Where an agent's eyes are, by its body.
fn eyes_of(body: vec4<i32>) -> vec3<i32> {
    let posture = body.w & POSTURE;
    let height = select(select(EYE_PRONE, EYE_CROUCH, posture == 1), EYE_STAND, posture == 0);
    return vec3<i32>(body.x, above(body.y, height), body.z);
}

/// y + height, up to the end of the range.
fn above(y: i32, height: i32) -> i32 {
    return min(y, 0x7fffffff - height) + height;
}

/// Whether a box lies between two places, or around one of them.
fn is_walled(a: vec3<i32>, b: vec3<i32>) -> bool {
    let count = blockers_list[0].x;
    for (var i = 0; i < count; i++) {
        if (crosses_box(a, b, blockers_list[1 + 2 * i].xyz, blockers_list[2 + 2 * i].xyz)) {
            return true;
        }
    }
    return false;
}

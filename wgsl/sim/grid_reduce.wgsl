// Sums each block of 2,048 cells: the first of the two dispatches of a reduce-then-scan.
var<workgroup> partial: array<u32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let block = group.y * FOLD + group.x;
    if (block >= GRID_BLOCKS) { return; }
    let at = (block * WORKGROUP_SIZE + lane) * 2u; // in vectors of four cells
    let sums = grid_count[at] + grid_count[at + 1u];
    partial[lane] = sums.x + sums.y + sums.z + sums.w;
    for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (lane < half) { partial[lane] += partial[lane + half]; }
    }
    if (lane == 0u) { grid_sums[block] = partial[0]; }
}

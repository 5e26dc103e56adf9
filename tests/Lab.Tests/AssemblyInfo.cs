// The live tensor count and libtorch's random generator belong to the process: tests that watch them cannot share it.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

print("brig-runtime")

"""Videos and pictures to shots, keyframes and SIFT vectors; the only package that imports cv2."""

from eval.harness.command import main

main()
